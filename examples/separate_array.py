"""Arrays in, arrays out: the voices in a sound of your own.

Usage: python separate_array.py VIDEO SOUND

The sound belongs to the video, as that of a better microphone does, and begins with it.
"""

import sys

import soundfile

import avsep

video, sound = sys.argv[1:]
samples, sample_rate = soundfile.read(sound, dtype="float32", always_2d=True)
separator = avsep.Separator()
people = separator.find_people(video)
stems = separator.separate(samples.T, people, sample_rate=sample_rate)
for name, stem in stems.items():
    soundfile.write(f"{name}.wav", stem.T, sample_rate, "FLOAT")
    print(f"{name}: {abs(stem).max():.3f} at its loudest")
