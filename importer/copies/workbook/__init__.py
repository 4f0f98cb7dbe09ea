"""Corrected copies of XLSX and XLSM workbooks, only touched cells written."""
