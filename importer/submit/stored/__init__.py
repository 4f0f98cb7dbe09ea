"""What the stored list shows: of each row, of rows in doubt, and at the end."""
