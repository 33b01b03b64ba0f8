"""The page to look at and listen to."""
