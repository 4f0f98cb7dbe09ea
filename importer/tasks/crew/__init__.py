"""A run on a server that several processes send."""
