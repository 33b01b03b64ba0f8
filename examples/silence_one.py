"""The sound of a video without one of its speakers.

Usage: python silence_one.py VIDEO NUMBER
"""

import sys

import avsep

video, number = sys.argv[1], int(sys.argv[2])
# Who is not asked for stays in the rest, with everything else.
result = avsep.split(video, "silenced", speakers={number: "gone"})
print("without speaker", number, "the recording is", result.folder / "rest.wav")
