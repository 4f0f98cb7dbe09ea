"""What is different from the files, and the file that keeps each step."""
