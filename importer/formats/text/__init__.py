"""Delimited text: CSV, TSV and their kin, in any encoding, packed or not."""
