"""Putting checked rows into a run, by one process or by many side by side."""
