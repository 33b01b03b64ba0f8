"""The time code of the recording in the sound files, so that editors lay them in their place."""

from __future__ import annotations

from avsep.media.broadcast_wave import Stamp, write_stamp
from avsep.media.start_time import find_start
from avsep.media.timecode import USUAL_RATE, drops_frames
from avsep.separation.recording import Separation

WAVE = ".wav"


def stamp_sounds(separation: Separation) -> None:
    """Write into every WAV file of the result who is heard, and when it begins."""
    info = separation.info
    rate, code = (info.video.rate, info.video.time_code) if info.video else (USUAL_RATE, "")
    heard = [(speaker.name, speaker.voice) for speaker in separation.heard]
    for name, voice in [*heard, ("rest", separation.rest)]:
        stamp = Stamp(
            find_start(info), rate, drops_frames(rate, code), info.path.stem, name, info.created
        )
        for path in (voice.file, voice.narrow):
            if path.suffix == WAVE:
                write_stamp(path, stamp)
