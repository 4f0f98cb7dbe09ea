"""What headers mean once the cells below them, their units and their neighbours are looked at."""
