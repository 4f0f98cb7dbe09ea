"""What the page can ask for, a module a subject, each thin over library functions."""
