"""Several processes that send one run side by side: the gate that they share, one settler, and each one's own loop."""
