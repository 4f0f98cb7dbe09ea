"""Where runs are kept, in a file or on a server."""
