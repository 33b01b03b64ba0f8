"""The whole recording as a timeline, in the formats of editing programs."""
