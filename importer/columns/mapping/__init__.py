"""Mapping files: what the headers don't say, said by the user."""
