"""The network over a whole recording: stems, and who speaks when."""
