"""Words that people use for what a table or stack file holds: directions, units, remarks."""
