"""The commands: each thin over one library function; the only place that prints or exits.

Nothing heavy is imported before a command runs, so that help, version and shell completion answer at once.
"""
