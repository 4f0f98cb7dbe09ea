"""Where runs are kept: each store opens, locks, checks and fills its own."""
