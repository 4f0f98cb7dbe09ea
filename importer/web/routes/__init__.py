"""What the page can ask for, a module a subject: each parses, calls one library function, and returns its result."""
