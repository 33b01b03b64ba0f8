"""Who is visible in a video, and when; their portraits as pictures.

Usage: python find_people.py VIDEO
"""

import sys

from PIL import Image

import avsep

people = avsep.Separator().find_people(sys.argv[1], avsep.progress_bar)
for person in people.persons:
    times = ", ".join(f"{start:.1f} to {stop:.1f} s" for start, stop in person.times)
    print(f"{person.name}: {times}")
    Image.fromarray(person.portrait).save(f"{person.name}.png")
