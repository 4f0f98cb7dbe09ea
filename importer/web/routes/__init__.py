"""What the page can ask for, a module a subject."""
