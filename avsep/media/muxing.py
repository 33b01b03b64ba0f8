"""One Matroska file of everything: picture and sounds copied, voices, subtitles."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ffmpeg

from avsep.files import replacing
from avsep.languages import UNKNOWN
from avsep.media.ffmpeg import SAFELY, address, ffmpeg_command, run_tool
from avsep.media.parts import cut_pictures, cut_sound, stamp
from avsep.media.picture_copy import (
    ENCODED,
    choose_picture_codec,
    has_hidden_sound,
    is_shown_alike,
)
from avsep.media.probing import MediaInfo
from avsep.media.streams import UNTOLD, AudioStream
from avsep.media.writing import (
    EXACTLY,
    TrackFile,
    amplify,
    choose_voice_codec,
    open_picture,
    write_streams,
)

_log = logging.getLogger(__name__)

# Many coders begin a little before time 0; Matroska would shift all else to make room for it.
FROM_ZERO = "noise=drop='lt(pts,0)'"
SUBTITLES_SAFELY = {"protocol_whitelist": "file,pipe", "format_whitelist": "srt,webvtt"}
TRIED = 1.0  # seconds of a sound that is put into Matroska to see whether it can be


def bundle(
    source: MediaInfo, voices: Sequence[TrackFile], subtitles: Sequence[TrackFile], target: Path
) -> None:
    """Put everything into one Matroska file: picture and all sounds copied, voices, subtitles.

    Sound that Matroska can't hold as it is becomes FLAC; what nobody can decode is left out.

    Args:
        source: A recording with pictures and sound.
        voices: Sounds, kept without loss in 24 bit. Of a part, and where the sound is in a file of
            its own, the first is what is heard.
        subtitles: SubRip or WebVTT files.
        target: The file to write, ``.mkv``.

    Raises:
        OutputError: It can't be written.
    """
    recording, picture = open_picture(source)
    # What is heard of a part comes with the voices: Matroska's milliseconds don't tell samples.
    part = source.selection.stretch is not None
    replaced = source.heard if part and source.own_sound is None else ()
    sounds = [stream for stream in source.audio if stream not in replaced]
    is_first_heard = comes_apart(source)
    kept = {stream: how for stream in sounds if (how := choose_codec(source, stream))}
    lead = find_head_start(source, list(kept))
    copied = [cut_sound(source, recording[str(stream.index)], lead) for stream in kept]
    picture = cut_pictures(source, picture, lead)
    later = 0.0 if part else lead
    streams = [picture, *copied, *(amplify(voice.path, voice.gain, later) for voice in voices)]
    late = {"itsoffset": later, **SUBTITLES_SAFELY}
    streams += [ffmpeg.input(address(track.path), **late)["s"] for track in subtitles]
    how = {**EXACTLY, **choose_voice_codec(target, source.channels), "scodec": "copy"}
    for number, (stream, codec) in enumerate(kept.items()):
        how.update({f"{name}:a:{number}": value for name, value in codec.items()})
        is_default = stream == source.heard[0] and not is_first_heard
        how[f"disposition:a:{number}"] = "default" if is_default else "0"
    if is_first_heard:
        how[f"disposition:a:{len(kept)}"] = "default"
    how |= stamp(source)
    language = find_language(voices)
    own = [name_sound(source, stream, language) for stream in kept]
    how |= _name_tracks([*own, *voices], subtitles)
    with replacing(target) as temporary:
        codec = choose_picture_codec(source, target)
        write_streams(target, ffmpeg.output(*streams, address(temporary), **how, **codec))
        if not is_shown_alike(source, temporary):
            said = "%s: this ffmpeg can't turn a picture in Matroska: coded anew"
            _log.warning(said, target.name)
            write_streams(target, ffmpeg.output(*streams, address(temporary), **how, **ENCODED))


def find_head_start(source: MediaInfo, sounds: Sequence[AudioStream]) -> float:
    """Seconds by which other sounds begin before the streams in use, and thus before time 0.

    Transport streams are counted from the first of the streams that are read; other containers
    have a beginning of their own.
    """
    if not source.container.is_counted:
        return 0.0
    return source.zero - min([source.zero, *(stream.label.start for stream in sounds)])


def choose_codec(source: MediaInfo, stream: AudioStream) -> dict[str, str]:
    """Settings by which a sound of the recording gets into Matroska; none if it can't."""
    copied = {"c": "copy", "bsf": FROM_ZERO}
    encoded = choose_voice_codec(Path("any.mkv"), stream.channels)
    encoded = {"c": encoded["acodec"], **{k: v for k, v in encoded.items() if k != "acodec"}}
    anew = source.selection.stretch or has_hidden_sound(source, stream.index)
    ways = [encoded] if anew else [copied, encoded]
    for way in ways:
        if _can_be_written(source, stream, way):
            return way
    _log.warning("%s: sound stream %s can't be kept in Matroska", source.path, stream)
    return {}


def _can_be_written(source: MediaInfo, stream: AudioStream, how: dict[str, str]) -> bool:
    sound = ffmpeg.input(address(source.path), **SAFELY)[str(stream.index)]
    output = sound.output("-", format="matroska", t=TRIED, **how)
    outcome = run_tool(ffmpeg_command(output))
    return outcome.code == 0


def comes_apart(source: MediaInfo) -> bool:
    """Whether what is heard of a recording is no sound of it that can be copied."""
    return source.selection.stretch is not None or source.own_sound is not None


def find_language(voices: Sequence[TrackFile]) -> str:
    """What is spoken, if all voices speak it."""
    spoken = {voice.language for voice in voices} - {UNKNOWN}
    return spoken.pop() if len(spoken) == 1 else UNKNOWN


def name_sound(source: MediaInfo, stream: AudioStream, language: str = UNKNOWN) -> TrackFile:
    """Title and language of one of the recording's own sounds.

    Args:
        source: The recording.
        stream: One of its sounds.
        language: Of a sound that doesn't tell.
    """
    several = len(source.audio) > 1 or source.own_sound is not None
    usual = f"original sound, stream {stream.index}" if several else "original sound"
    told = stream.label.language
    title = stream.label.title or usual
    return TrackFile(source.path, title, language if told in UNTOLD else told)


def name_heard(source: MediaInfo, sound: Path, language: str) -> TrackFile:
    """The same of all that is heard, which lies in a file.

    Args:
        source: The recording.
        sound: That file.
        language: What is spoken, if that is known.
    """
    if source.own_sound is not None:
        return TrackFile(sound, f"original sound, {source.own_sound.path.name}", language)
    names = [name_sound(source, stream, language) for stream in source.heard]
    languages = {name.language for name in names}
    title = ", ".join(dict.fromkeys(name.title for name in names))
    return TrackFile(sound, title, languages.pop() if len(languages) == 1 else language)


def _name_tracks(sounds: Sequence[TrackFile], subtitles: Sequence[TrackFile]) -> dict[str, Any]:
    """Names of all tracks, as options."""
    names = [f"a:{number}" for number in range(len(sounds))]
    names += [f"s:{number}" for number in range(len(subtitles))]
    options = {}
    tracks = [*sounds, *subtitles]
    for number, (name, track) in enumerate(zip(names, tracks, strict=True), 1):
        # Two names of one stream, since the builder takes each option once.
        options[f"metadata:s:{name}"] = f"title={track.title}"
        options[f"metadata:s:{number}"] = f"language={track.language}"
    return options
