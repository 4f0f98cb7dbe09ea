"""Several processes on one run: who has which stacks, and their pace."""
