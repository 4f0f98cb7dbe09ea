"""What goes otherwise than the API's pages lead one to expect, carried out as the plan asks."""
