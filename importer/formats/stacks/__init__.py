"""Stack files: YAML, JSON, JSON Lines and ORSO models, read as events with their lines."""
