"""Functions that set up: doctor, sandbox and templates."""
