"""The binary workbooks: XLS (BIFF in a compound file) and XLSB (BIFF12)."""
