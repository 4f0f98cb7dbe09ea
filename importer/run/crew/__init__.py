"""Several processes on one run on a server: who has which stacks, and the pace that they share."""
