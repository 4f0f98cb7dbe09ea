"""One module a field: pure functions of one text."""
