"""What `split` writes."""
