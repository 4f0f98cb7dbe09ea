"""Where runs are kept: each store opens, locks, checks, fills and closes its own; the statements are the same."""
