"""Commands that check files and explain what was found; they send nothing."""
