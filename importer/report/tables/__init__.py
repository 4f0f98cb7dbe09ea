"""Reports that are lines: CSV, JSON Lines, Parquet, split files, and formats for CI."""
