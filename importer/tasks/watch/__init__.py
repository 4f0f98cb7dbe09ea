"""A folder that is watched: each file as it settles, and again when it has changed."""
