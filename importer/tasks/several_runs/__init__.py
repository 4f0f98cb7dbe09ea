"""One report of several runs."""
