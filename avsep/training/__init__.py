"""Videos to weights."""
