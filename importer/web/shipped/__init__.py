"""What comes with the page: its own files, and a sheet to try."""
