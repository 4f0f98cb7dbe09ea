"""The commands: each thin over one library function.

Nothing heavy is imported before a command runs, so that help, version and shell completion answer at once.
"""
