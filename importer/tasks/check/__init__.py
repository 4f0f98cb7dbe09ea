"""What a check leaves behind beside its result."""
