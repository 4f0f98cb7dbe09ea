"""What the importer does, one library function a command; the public API stands on these."""
