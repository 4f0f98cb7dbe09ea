"""Commands that look at a run, or take it back."""
