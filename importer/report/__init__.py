"""What people and programs read of a run.

Nothing is imported here, so that a check's summary costs no spreadsheet and no template library.
"""
