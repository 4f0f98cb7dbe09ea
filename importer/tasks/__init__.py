"""What the importer does, one library function a command."""
