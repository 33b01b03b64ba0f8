"""A recording that is still being written, or comes through a pipe: voices while it goes on."""
