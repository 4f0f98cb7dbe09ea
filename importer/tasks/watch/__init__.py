"""A folder that is watched: what settles there is given out, once, and again when it has changed."""
