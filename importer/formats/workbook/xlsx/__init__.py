"""XLSX workbooks, read from their own XML for what calamine doesn't tell."""
