"""Split many videos with one separator; one that fails stops nothing.

Usage: python split_many.py VIDEO...

The command line does the same with `avsep split FOLDER`, and goes on where it was broken off.
"""

import sys

import avsep

separator = avsep.Separator()
wanted = avsep.Options(suffix=".flac", sample_format="24", video=True)
for source in sys.argv[1:]:
    try:
        result = separator.split(source, "voices", wanted)
    except avsep.AvsepError as error:
        print(f"{error.message}. {error.hint}", file=sys.stderr)
    else:
        print(f"{result.folder}: {len(result.voices)} voices, {len(result.files)} files")
