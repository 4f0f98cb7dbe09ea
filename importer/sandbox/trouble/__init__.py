"""Faults, carried out as the plan asks."""
