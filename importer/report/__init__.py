"""What people and programs read of a run, all of it drawn from the run file.

Nothing is imported here, so that a check's summary costs no spreadsheet and no template library.
"""
