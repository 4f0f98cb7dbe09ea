"""Several runs as one file."""
