"""A local server with the public behaviour of the target-materials API, and faults on demand.

It shares no code with the rest of the package, so that a mistake made in both can't hide.
"""
