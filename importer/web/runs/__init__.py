"""Runs on the page: begun in the background, watched, and shown."""
