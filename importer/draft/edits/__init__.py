"""What is different from the files: the texts and deleted rows of now, and the file that keeps each step."""
