"""`report.html`: a page to look at a result and to listen to it, without a network."""

from __future__ import annotations

import base64
import hashlib
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import cv2
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from avsep.arrays import Image
from avsep.faces.people import Person
from avsep.media.writing import SOUND_RATE, copy_sound
from avsep.outputs.caveats import find_doubts
from avsep.outputs.report.proxies import copy_picture, embed
from avsep.outputs.report.waveform import draw_shape, measure_shape
from avsep.separation.recording import Separation
from avsep.text import clock
from avsep.timeline import FRAME_RATE, Seconds, Span, bridge, in_seconds
from avsep.version import __version__

NAME = "report.html"
# A page of more is slow to open: then its sounds and picture lie beside it. What is inside
# takes a third more.
MOST_EMBEDDED = 18_000_000  # bytes
# Numbers on the line of time, at most, and seconds from one to the next.
TICKS, STEPS = 8, (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


@dataclass(frozen=True, slots=True)
class Media:
    """Where the page finds what it plays, as addresses.

    Attributes:
        picture: A small copy of the picture.
        recording: The sound as it was.
        voices: One for each speaker.
        rest: What they leave.
        files: Those of them that lie beside the page.
    """

    picture: str
    recording: str
    voices: tuple[str, ...]
    rest: str
    files: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One sound of the page.

    Attributes:
        key: What is pressed to hear it.
        name: What it is called.
        said: A few words about it.
        sound: Address of what is played.
        drawing: Address of its waveform and spectrogram.
        file: Address of the file in the result, or nothing.
        face: Address of a frame of the speaker, or nothing.
        seen: When the speaker is visible.
        speaking: When the speaker speaks.
    """

    key: str
    name: str
    said: str
    sound: str
    drawing: str
    file: str = ""
    face: str = ""
    seen: tuple[Seconds, ...] = ()
    speaking: tuple[Seconds, ...] = ()


def write_report(separation: Separation) -> list[Path]:
    """Write the page and, for a long recording, the copies it plays."""
    page = separation.folder / NAME
    with tempfile.TemporaryDirectory(dir=separation.scratch) as scratch:
        media = make_media(separation, Path(scratch))
        content = render(separation, describe_lines(separation, media), media.picture)
        page.write_text(content, encoding="utf-8")
        beside = [path.replace(separation.folder / path.name) for path in media.files]
    return [page, *beside]


def make_media(separation: Separation, folder: Path, most: int = MOST_EMBEDDED) -> Media:
    """Make small copies of what is played, as long as the page can hold them.

    Args:
        separation: What was separated.
        folder: Where the copies are made.
        most: Bytes that go into the page; voices of longer recordings are those of the result.
    """
    picture = copy_picture(separation.info, folder / "report.mp4")
    recording = copy_sound(separation.mixture, folder / "report.ogg", separation.weights)
    voices = [speaker.voice.full for speaker in separation.speakers]
    paths = [*voices, separation.rest.full]
    expected = separation.info.duration * SOUND_RATE / 8 * (1 + len(paths))
    if picture.stat().st_size + expected > most:
        *links, rest = [quote(path.name) for path in paths]
        return Media(picture.name, recording.name, tuple(links), rest, (picture, recording))
    copies = [copy_sound(path, folder / f"{path.name}.ogg", separation.weights) for path in paths]
    whole, *links, rest = [embed(path.read_bytes(), "audio/ogg") for path in [recording, *copies]]
    return Media(embed(picture.read_bytes(), "video/mp4"), whole, tuple(links), rest)


def describe_lines(separation: Separation, media: Media) -> list[Line]:
    """The recording, every voice, and the rest."""
    whole = measure_shape(separation.mixture, separation.weights)

    def draw(path: Path) -> str:
        return embed(draw_shape(measure_shape(path, separation.weights), whole), "image/png")

    lines = [Line("0", "recording", "as it was", media.recording, draw(separation.mixture))]
    for number, speaker in enumerate(separation.speakers, start=1):
        seen = _find_sights(speaker.person)
        line = Line(
            key=str(number),
            name=speaker.name,
            said=f"speaks {_sum(speaker.speaking):.1f} s of {_sum(seen):.1f} s visible",
            sound=media.voices[number - 1],
            drawing=draw(speaker.voice.full),
            file=quote(speaker.voice.full.name),
            face=embed(_to_jpeg(speaker.person.portrait), "image/jpeg"),
            seen=tuple(map(in_seconds, seen)),
            speaking=tuple(map(in_seconds, speaker.speaking)),
        )
        lines.append(line)
    rest = separation.rest
    drawing, file = draw(rest.full), quote(rest.full.name)
    return [*lines, Line("r", "rest", "what the voices leave", media.rest, drawing, file)]


def render(separation: Separation, lines: Sequence[Line], picture: str) -> str:
    """Fill the page's template; every name is escaped."""
    templates = Environment(
        loader=PackageLoader("avsep.outputs.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["clock"] = clock
    style, script = (
        Markup(templates.get_template(name).render())  # noqa: S704 - files of our own
        for name in ("report.css", "report.js")
    )
    info = separation.info
    return templates.get_template("report.html").render(
        info=info,
        title=info.path.name,
        version=__version__,
        lines=lines,
        picture=picture,
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


def _to_jpeg(image: Image) -> bytes:
    return cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes()


def _sum(spans: Iterable[Span]) -> float:
    return sum(stop - start for start, stop in spans) / FRAME_RATE


def _hash(text: str) -> str:
    """Of a script or style, as a page's security policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
