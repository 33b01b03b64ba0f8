"""Give every visible speaker of a video a voice of their own.

Usage: python split_one.py VIDEO
"""

import sys

import avsep

result = avsep.split(sys.argv[1], "voices", progress=avsep.progress_bar)
for voice in result.voices:
    print(f"{voice.name} is visible for {voice.visible:.1f} s: {voice.path}")
for warning in result.warnings:
    print("Beware:", warning)
