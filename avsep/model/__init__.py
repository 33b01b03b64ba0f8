"""The network, its spectrum and its cue: pure torch, no files but checkpoints."""
