"""Reading inputs as text: one module a format, nothing interpreted, every cell with its place.

Nothing is imported here, so that going on with a run, which only looks at digests, loads no reader.
"""
