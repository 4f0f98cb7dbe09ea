"""Workbooks: XLSX, XLS, XLSB and ODS, each cell as its sheet shows it."""
