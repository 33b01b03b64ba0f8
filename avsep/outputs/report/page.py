"""`report.html`: a page to look at a result and to listen to it, without a network."""

from __future__ import annotations

import base64
import hashlib
import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import soundfile
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from avsep.faces.people import Person
from avsep.faces.portraits import to_jpeg
from avsep.media.copies import COPY_BITS
from avsep.outputs.caveats import find_doubts
from avsep.outputs.report.proxies import copy_picture, embed
from avsep.outputs.report.sounds import (
    MARGIN,
    PIECE,
    PIECES_OF_PART,
    SoundPiece,
    SoundTrack,
    cut_sounds,
    write_parts,
)
from avsep.outputs.report.waveform import draw_shape, measure_shape
from avsep.separation.recording import Separation, Speaker
from avsep.separation.unseen import UnseenSpeaker
from avsep.text import clock
from avsep.timeline import FRAME_RATE, Seconds, Span, bridge, in_seconds
from avsep.version import __version__

NAME = "report.html"
STYLES = ("report.css", "mixer.css")
SCRIPTS = ("sounds.js", "saving.js", "report.js")
# A page of more is slow to open: then its sounds and picture lie beside it. What is inside
# takes a third more.
MOST_EMBEDDED = 18_000_000  # bytes
# Numbers on the line of time, at most, and seconds from one to the next.
TICKS, STEPS = 8, (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


@dataclass(frozen=True, slots=True)
class Media:
    """What the page plays.

    Attributes:
        picture: Address of a small copy of the picture.
        seconds: How long the sounds are.
        pieces: Of all sounds, one after the other; none if they lie beside the page.
        files: What lies beside the page.
    """

    picture: str
    seconds: float
    pieces: tuple[SoundPiece, ...] = ()
    files: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One sound of the page.

    Attributes:
        key: What is pressed to hear it.
        name: What it is called.
        said: A few words about it.
        drawing: Address of its waveform and spectrogram.
        file: Name of the file in the result, or nothing.
        gain: By which the file differs from the level of the recording, dB.
        number: Of the speaker, or 0.
        face: Address of a picture of the speaker, or nothing.
        seen: When the speaker is visible.
        speaking: When the speaker speaks.
    """

    key: str
    name: str
    said: str
    drawing: str
    file: str = ""
    gain: float = 0.0
    number: int = 0
    face: str = ""
    seen: tuple[Seconds, ...] = ()
    speaking: tuple[Seconds, ...] = ()


def write_report(separation: Separation, most: int = MOST_EMBEDDED) -> list[Path]:
    """Write the page and, for a long recording, what it plays beside it.

    Args:
        separation: What was separated.
        most: Bytes that go into the page.
    """
    page = separation.folder / NAME
    with tempfile.TemporaryDirectory(dir=separation.scratch) as scratch:
        media = make_media(separation, Path(scratch), most)
        content = render(separation, describe_lines(separation), media)
        page.write_text(content, encoding="utf-8")
        beside = [path.replace(separation.folder / path.name) for path in media.files]
    return [page, *beside]


def make_media(separation: Separation, folder: Path, most: int = MOST_EMBEDDED) -> Media:
    """Make small copies of what is played.

    Args:
        separation: What was separated.
        folder: Where the copies are made.
        most: Bytes that go into the page; more lie beside it.
    """
    picture = copy_picture(separation.info, folder / "report.mp4")
    tracks = list_tracks(separation)
    seconds = _measure_seconds(separation.mixture)
    pieces = cut_sounds(tracks, seconds, folder)
    if picture.stat().st_size + seconds * COPY_BITS / 8 * len(tracks) > most:
        return Media(picture.name, seconds, files=(picture, *write_parts(pieces, folder)))
    return Media(embed(picture.read_bytes(), "video/mp4"), seconds, tuple(pieces))


def find_pure(speaker: Speaker | UnseenSpeaker) -> tuple[Path, float]:
    """A file with nothing but a voice, which faders can mix, and its gain in dB."""
    return (
        speaker.pure if isinstance(speaker, Speaker) else (speaker.voice.full, speaker.voice.gain)
    )


def list_tracks(separation: Separation) -> list[SoundTrack]:
    """The recording, every voice, and the rest."""
    weights = separation.weights
    tracks = [SoundTrack("0", separation.mixture, weights)]
    for number, speaker in enumerate(separation.heard, start=1):
        path, _ = find_pure(speaker)
        alike = path == speaker.voice.full  # in as many channels as the recording
        tracks.append(SoundTrack(str(number), path, weights if alike else None))
    return [*tracks, SoundTrack("r", separation.rest.full, weights)]


def describe_lines(separation: Separation) -> list[Line]:
    """The recording, every voice, and the rest."""
    whole = measure_shape(separation.mixture, separation.weights)

    def draw(path: Path) -> str:
        return embed(draw_shape(measure_shape(path, separation.weights), whole), "image/png")

    lines = [Line("0", "recording", "as it was", draw(separation.mixture))]
    for number, speaker in enumerate(separation.speakers, start=1):
        seen = _find_sights(speaker.person)
        line = Line(
            key=str(number),
            name=speaker.name,
            said=f"speaks {_sum(speaker.speaking):.1f} s of {_sum(seen):.1f} s visible",
            drawing=draw(speaker.voice.full),
            file=speaker.voice.file.name,
            gain=find_pure(speaker)[1],
            number=speaker.person.number,
            face=embed(to_jpeg(speaker.person.portrait), "image/jpeg"),
            seen=tuple(map(in_seconds, seen)),
            speaking=tuple(map(in_seconds, speaker.speaking)),
        )
        lines.append(line)
    for unseen in separation.unseen:
        said = f"not seen; speaks {_sum(unseen.speaking):.1f} s"
        voice, key = unseen.voice, str(len(lines))
        drawn, times = draw(voice.full), tuple(map(in_seconds, unseen.speaking))
        line = Line(key, unseen.name, said, drawn, voice.file.name, voice.gain, speaking=times)
        lines.append(line)
    said, rest = "what the voices leave", separation.rest
    return [*lines, Line("r", "rest", said, draw(rest.full), rest.file.name, rest.gain)]


def render(separation: Separation, lines: Sequence[Line], media: Media) -> str:
    """Fill the page's template; every name is escaped."""
    templates = Environment(
        loader=PackageLoader("avsep.outputs.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"clock": clock, "quote": quote}
    style, script = (
        Markup("".join(templates.get_template(name).render() for name in names))  # noqa: S704 - ours
        for names in (STYLES, SCRIPTS)
    )
    info = separation.info
    return templates.get_template("report.html").render(
        info=info,
        title=info.path.name,
        stem=info.path.stem,
        has_pure_files=all(find_pure(each)[0] == each.voice.full for each in separation.heard),
        version=__version__,
        lines=lines,
        media=media,
        pieces=[Markup(json.dumps(piece)) for piece in media.pieces],  # noqa: S704 - base64
        cutting={"piece": PIECE, "margin": MARGIN, "part": PIECES_OF_PART},
        crosstalk=tuple(map(in_seconds, separation.crosstalk)),
        cuts=len(separation.people.cuts),
        ticks=choose_ticks(info.duration),
        warnings=find_doubts(separation),
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


def choose_ticks(duration: float) -> list[float]:
    """Round times for the line of time.

    >>> choose_ticks(61.5)
    [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]
    """
    step = next((step for step in STEPS if duration / step < TICKS), STEPS[-1])
    return [float(time) for time in range(0, int(duration) + 1, step)]


def _find_sights(person: Person) -> tuple[Span, ...]:
    """When somebody is seen; a cut alone hides nobody."""
    return bridge((clip.track.span for clip in person.clips), pause=0)


def _measure_seconds(sound: Path) -> float:
    info = soundfile.info(sound)
    return float(info.frames / info.samplerate)


def _sum(spans: Iterable[Span]) -> float:
    return sum(stop - start for start, stop in spans) / FRAME_RATE


def _hash(text: str) -> str:
    """Of a script or style, as a page's security policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
