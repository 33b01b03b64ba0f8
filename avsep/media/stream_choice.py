"""Which sound streams of a recording are heard, decided by what they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ffmpeg
import numpy as np

from avsep.media.downmix import QUIET, is_tone
from avsep.media.ffmpeg import SAFELY, ToolResult, address, ffmpeg_command, run_tool, unreadable
from avsep.media.probing import UNDECODABLE, MediaInfo, select
from avsep.media.streams import SILENT, AudioStream, Selection, find_streams, select_audio

TONE = "it is a line-up tone"
PLACES = (0.0, 0.2, 0.4, 0.6, 0.8)  # of a recording, looked at and listened to
LISTENED = 1.0  # seconds at each place
RATE = 8000  # Hz, enough to tell a tone
MORE_THAN_ONE = 2


def choose_sound(
    info: MediaInfo, audio_stream: str | None = None, language: str | None = None
) -> MediaInfo:
    """Choose the sound streams that are read, by name or by what they hold.

    Args:
        info: The recording.
        audio_stream: Numbers of the streams to hear together, or a language.
        language: What is spoken, ISO 639.

    Raises:
        SettingError: A stream is named that isn't there.
        MediaError: No sound can be decoded.
    """
    named = find_streams(info.audio, audio_stream, "--audio-stream") if audio_stream else ()
    faults = find_faults(info, named or info.audio)
    if audio_stream and audio_stream.replace(",", "").isdecimal():
        audio = named
    else:
        audio = select_audio(named or info.audio, faults, language or "")
    remarks = () if audio_stream else tell_audio(info.audio, audio, faults)
    return select(info, Selection(audio, info.video, remarks))


def find_faults(info: MediaInfo, streams: Sequence[AudioStream]) -> dict[int, str]:
    """What speaks against sound streams, by their indices.

    Raises:
        MediaError: None of them can be decoded.
    """
    faults, words = {}, ""
    for stream in streams:
        outcome = _listen(info, stream)
        samples = np.frombuffer(outcome.output, np.float32)
        if not len(samples) and (outcome.code or outcome.words):
            faults[stream.index], words = UNDECODABLE, outcome.words
        elif not len(samples) or np.abs(samples).max() < QUIET:
            faults[stream.index] = SILENT
        elif is_tone(samples):
            faults[stream.index] = TONE
    if streams and list(faults.values()) == [UNDECODABLE] * len(streams):
        raise unreadable(info.path, words)
    return faults


def tell_audio(
    streams: Sequence[AudioStream], used: Sequence[AudioStream], faults: Mapping[int, str]
) -> tuple[str, ...]:
    """Say which of several sound streams are heard, and which aren't and why."""
    if len(streams) < MORE_THAN_ONE:
        return ()
    together = ", heard together as channels" if len(used) > 1 else ""
    said = f"The sound is that of stream {_join(used)}{together}."
    left = [stream for stream in streams if stream not in used]
    if not left:
        return (said,)
    reasons = [f"{stream}{_tell_fault(stream, faults)}" for stream in left]
    return (f"{said} Not heard: {'; '.join(reasons)}. --audio-stream chooses others.",)


def _tell_fault(stream: AudioStream, faults: Mapping[int, str]) -> str:
    fault = faults.get(stream.index) or ("by its name it is no microphone" * stream.is_aside)
    return f", {fault}" if fault else ""


def _join(streams: Sequence[AudioStream]) -> str:
    *others, last = map(str, streams)
    return f"{', '.join(others)} and {last}" if others else last


def _listen(info: MediaInfo, stream: AudioStream) -> ToolResult:
    """A second of sound from several places, 32-bit float, mono."""
    places = sorted({round(place * info.duration, 2) for place in PLACES})
    inputs = [ffmpeg.input(address(info.path), ss=place, t=LISTENED, **SAFELY) for place in places]
    pieces = [source[str(stream.index)].filter("aresample", RATE) for source in inputs]
    sound = ffmpeg.concat(*pieces, v=0, a=1)
    return run_tool(ffmpeg_command(sound.output("pipe:1", format="f32le", ac=1, ar=RATE)))
