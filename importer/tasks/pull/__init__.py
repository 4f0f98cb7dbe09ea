"""What the server holds, as a file that can be imported again."""
