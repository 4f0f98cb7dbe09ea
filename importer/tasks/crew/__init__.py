"""Joining and stopping a run."""
