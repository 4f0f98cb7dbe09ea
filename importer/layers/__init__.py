"""One module a field: pure functions of one text, knowing nothing of tables, files or the API."""
