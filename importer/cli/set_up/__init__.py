"""Commands that set up: doctor, sandbox, schemas and templates."""
