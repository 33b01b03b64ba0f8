"""Every JSON that avsep writes for programs, in the same words.

`manifest.json`, `avsep split --json`, `summary.json` and `avsep faces --json` are made here. A key
means the same in all of them, in the same unit; each holds those that it knows something about.

=============== ===================================================================================
Key             Meaning
=============== ===================================================================================
avsep           version that made a result
format          of a manifest: counts up when a key changes its meaning
input           the recording as it was named; in a manifest, which may be moved, its file name
output          folder of the result; null where there is none
state           done, skipped, planned, incomplete or failed
duration        length of the recording, s; of a range's files their length
start           second of the recording at which the files begin
time_code       of the first frame of the files; empty if there is none
ranges          parts of the recording that were worked on: list of spans; empty for all of it
source          the recording's ``bytes``, ``fingerprint``, ``width`` and ``height`` in pixels as
                shown, numbers of its ``audio_streams`` and of its ``video_stream`` in use
sound           a file of its own from which the sound comes: ``file``, the ``offset`` in the
                recording at which it begins, s, the ``drift`` of its clock in s/s that was made up
                for, and whether they were ``found`` or given; null if the sound is the recording's
cameras         other videos of the same event, each with its name as ``input``, and its ``offset``
                and ``drift`` as of a sound
inputs          other files that were used, sounds, cameras and samples of voices: ``file``, its
                name, ``bytes`` and ``fingerprint``
fingerprint     SHA-256 of a file's size and of five pieces of it, hexadecimal
weights         the checkpoint that was used: ``model``, its name, ``sha256``, and the ``passes``
                in which it separated
detector        the face detector that was used
options         what was wanted, called as in `avsep.options.Options`
cuts            when shots begin, s
speakers        list of people, by their numbers
number          of a person: from left to right, by first appearance
name            of a person, as in the names of files
visible         how long a person is seen in all, s
seen            when a person, or a face left out, is seen: list of spans
speaking        when a person speaks: list of spans
language        what a person speaks, ISO 639; empty if that isn't known
box             left, top, right and bottom of a face when first seen, pixels
members         numbers of the people whose voices are in ``file``: more than one in a group
others          level of all else in ``file``, dB; null where it holds the voice alone
unseen          list of people who are not seen and were known by a sample of their voice
rest            what the voices leave of the recording
file            name of a file in the folder of the result
gain, gain_16k  level of ``file``, and of its copy for recognisers, against the recording, dB
crosstalk       when more than one person speaks: list of spans
delay           by how much the sound is late, which was made up for, s
own_delays      the same for people whose lips surely say otherwise: ``number``, ``delay``, and
                the second ``start`` from which on it holds; several where it changes
delay_score     correlation of lips and sound at this delay
delay_margin    by how much that is more than anywhere else
left_out        faces without a voice: when they are ``seen``, and the ``reason``
kind            what reasons of one kind have in common; not in manifests of before it was kept
warnings        what speaks against trusting the result, a sentence each
missing         what was wanted and could not be made: ``product``, its option, and ``reason``
reason          a clause that says why
files           everything written but the manifest: ``file``, ``bytes`` and ``sha256``
bytes           size of a file
sha256          checksum of a file, hexadecimal
seconds         how long the work took
disk, time      of a dry run: about how many bytes and seconds the work takes; null if it could
                not be tried
error, hint     why it failed, and what helps; null if it didn't
=============== ===================================================================================

A span is a list of two: from and up to, in seconds from where the files begin; of ``ranges`` from
where the recording begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any

from avsep.errors import AvsepError
from avsep.faces.people import Dropped, People, Person
from avsep.files import sha256
from avsep.media.probing import MediaInfo
from avsep.options import Options, describe_options, leave_out
from avsep.outputs.caveats import find_doubts
from avsep.outputs.inputs import Inputs
from avsep.separation.recording import Separation, Speaker
from avsep.separation.unseen import UnseenSpeaker
from avsep.timeline import FRAME_RATE, Span, in_seconds
from avsep.version import __version__

FORMAT = 2  # of manifests; those of before it was counted have none
# What a manifest and the account of a run have in common, and what stands for nothing.
SHARED: dict[str, Any] = {
    "speakers": [],
    "delay": 0.0,
    "left_out": [],
    "warnings": [],
    "missing": [],
    "files": [],
}


def describe_separation(
    separation: Separation,
    inputs: Inputs,
    tools: Mapping[str, Any],
    options: Options,
    files: Sequence[Path],
    missing: Mapping[str, str],
) -> dict[str, Any]:
    """Content of a manifest: what was made of what, by what.

    Args:
        separation: The recording and its voices.
        inputs: What it was made of.
        tools: What shapes a result, as `avsep.kit.name_tools` names it.
        options: What was wanted.
        files: What was written.
        missing: Products that were wanted and could not be made, and why.
    """
    info, delay = separation.info, separation.delay
    return {
        "avsep": __version__,
        "format": FORMAT,
        "input": info.path.name,
        "duration": info.duration,
        "start": info.start,
        "time_code": info.video.time_code if info.video else "",
        "ranges": [list(stretch) for stretch in separation.stretches],
        "source": {
            **inputs.recording,
            "width": info.width,
            "height": info.height,
            "audio_streams": [] if info.own_sound else [stream.index for stream in info.heard],
            "video_stream": info.video.index if info.video else None,
        },
        "inputs": list(inputs.others),
        **tools,
        "options": describe_options(leave_out(options, missing)),
        "missing": [{"product": name, "reason": why} for name, why in missing.items()],
        "speakers": [_describe_speaker(speaker) for speaker in separation.speakers],
        "unseen": [_describe_unseen(speaker) for speaker in separation.unseen],
        "rest": {
            "file": separation.rest.file.name,
            "gain": round(separation.rest.gain, 2),
        },
        "sound": _describe_own_sound(info),
        "cameras": [_describe_camera(camera) for camera in info.cameras],
        "delay": delay.seconds,
        "own_delays": [
            {"number": number, "start": start, "delay": late}
            for number, steps in delay.own.items()
            for start, late in (step.seconds for step in steps)
        ],
        "delay_score": round(delay.score, 3),
        "delay_margin": round(delay.margin, 3),
        "crosstalk": _in_seconds(separation.crosstalk),
        "left_out": _describe_dropped(separation.people.dropped),
        "warnings": find_doubts(separation),
        "files": [_describe_file(path) for path in files],
    }


def _describe_camera(camera: MediaInfo) -> dict[str, Any]:
    """Another camera of the same event, and where it lies."""
    assert camera.placing is not None
    return {
        "input": camera.path.name,
        "offset": round(camera.placing.offset, 6),
        "drift": round(camera.placing.drift, 9),
    }


def _describe_own_sound(info: MediaInfo) -> dict[str, Any] | None:
    """The file of its own from which the sound comes, and where it lies."""
    if info.own_sound is None or info.placing is None:
        return None
    return {
        "file": info.own_sound.path.name,
        "offset": round(info.placing.offset, 6),
        "drift": round(info.placing.drift, 9),
        "found": info.placing.found,
    }


def describe_run(
    source: Path,
    state: str,
    *,
    output: Path | None,
    manifest: Mapping[str, Any],
    seconds: float,
    error: AvsepError | None,
) -> dict[str, Any]:
    """What became of one recording.

    Args:
        source: The recording.
        state: done, skipped, planned, incomplete or failed.
        output: Folder of the result, if there is one.
        manifest: Of that result; empty if there is none.
        seconds: How long it took.
        error: Why it failed, or is incomplete.
    """
    return {
        "input": str(source),
        "state": state,
        "output": str(output) if output else None,
        **{key: manifest.get(key, nothing) for key, nothing in SHARED.items()},
        "seconds": round(seconds, 1),
        "error": error.message if error else None,
        "hint": error.hint if error else None,
    }


def describe_faces(
    source: Path, people: People, names: Mapping[int, str] | None = None
) -> dict[str, Any]:
    """Who is visible in a recording.

    Args:
        source: The recording.
        people: All that was seen.
        names: Of those who have been named, by number.
    """
    return {
        "input": str(source),
        "duration": people.frames / FRAME_RATE,
        "cuts": [cut / FRAME_RATE for cut in people.cuts],
        "speakers": [
            _describe_person(who, (names or {}).get(who.number, who.name))
            for who in people.persons
        ],
        "left_out": _describe_dropped(people.dropped),
    }


def _describe_person(person: Person, name: str) -> dict[str, Any]:
    return {
        "number": person.number,
        "name": name,
        "visible": person.seconds,
        "seen": _in_seconds(person.spans),
    }


def _describe_speaker(speaker: Speaker) -> dict[str, Any]:
    return {
        **_describe_person(speaker.person, speaker.name),
        "file": speaker.voice.file.name,
        "speaking": _in_seconds(speaker.speaking),
        "language": speaker.language,
        "members": [member.number for member in speaker.person.members],
        "others": None if speaker.others == -inf else speaker.others,
        "gain": round(speaker.voice.gain, 2),
        "gain_16k": round(speaker.voice.narrow_gain, 2),
        "box": [round(float(edge)) for edge in speaker.person.clips[0].track.boxes[0]],
    }


def _describe_unseen(speaker: UnseenSpeaker) -> dict[str, Any]:
    return {
        "number": speaker.number,
        "name": speaker.name,
        "file": speaker.voice.file.name,
        "speaking": _in_seconds(speaker.speaking),
        "gain": round(speaker.voice.gain, 2),
        "gain_16k": round(speaker.voice.narrow_gain, 2),
    }


def _describe_dropped(dropped: Iterable[Dropped]) -> list[dict[str, Any]]:
    return [
        {
            "seen": _in_seconds([face.track.span]),
            "kind": face.fault.kind,
            "reason": face.reason,
        }
        for face in dropped
    ]


def _describe_file(path: Path) -> dict[str, Any]:
    return {"file": path.name, "bytes": path.stat().st_size, "sha256": sha256(path)}


def _in_seconds(spans: Iterable[Span]) -> list[list[float]]:
    return [list(in_seconds(span)) for span in spans]
