"""Parquet and Feather: typed columns as the texts that mean the same."""
