"""What's on the server, as a file that can be imported again."""
