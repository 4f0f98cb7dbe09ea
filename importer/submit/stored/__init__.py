"""What the stored list shows: its reading, what it says of each row, what follows for rows in doubt and at the end."""
