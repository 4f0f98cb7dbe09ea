"""Words that people use: directions, units, remarks."""
