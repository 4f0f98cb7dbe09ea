"""Several processes that send one run: their gate, their settler, their loops."""
