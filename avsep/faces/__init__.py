"""Frames to people: faces found, followed, known again, their mouths cut out. No sound here."""
