"""Corrected copies of XLSX and XLSM workbooks, touched cells alone written anew."""
