"""What headers mean once cells, units and neighbours are looked at."""
