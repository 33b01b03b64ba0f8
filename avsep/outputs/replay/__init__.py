"""Overlapped speech played again, speaker by speaker."""
