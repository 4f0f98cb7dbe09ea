"""ODS workbooks, read from their own XML."""
