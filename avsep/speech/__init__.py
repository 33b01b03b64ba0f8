"""Sound to words: the seam to speech recognisers."""
