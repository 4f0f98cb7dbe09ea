"""Corrected copies of XLSX and XLSM workbooks: touched cells are written anew, all other bytes are passed on."""
