"""The timeline for Final Cut Pro: FCPXML.

It knows no tracks: the picture is the storyline, and sounds are attached to its first clip, one
lane below the other. Marks have no colours there; those of crosstalk are to-do items, which are
red, and those of turns are plain ones, on the voices.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from xml.etree.ElementTree import Element

from avsep.names import tell_apart
from avsep.outputs.timeline.elements import add, write_document
from avsep.outputs.timeline.layout import Layout, Mark, Strip

VERSION = "1.8"
RATES = {32_000: "32k", 44_100: "44.1k", 48_000: "48k", 88_200: "88.2k", 96_000: "96k"}
NO_ROLE = re.compile(r"[^\w-]+")  # what the name of a role can't hold


def write_fcpxml(layout: Layout, path: Path) -> Path:
    """Write it."""
    root = Element("fcpxml", version=VERSION)
    _add_resources(add(root, "resources"), layout)
    event = add(root, "event", name=layout.name)
    project = add(event, "project", name=layout.name)
    first = layout.counting.first
    kind = "DF" if layout.counting.drops else "NDF"
    rate = RATES.get(layout.sounds[0].sample_rate)
    how = {"tcStart": _tell(layout, first), "tcFormat": kind, "audioLayout": "stereo"}
    how |= {"duration": _tell(layout, layout.frames), **({"audioRate": rate} if rate else {})}
    spine = add(add(project, "sequence", format="r1", **how), "spine")
    _fill(spine, layout)
    return write_document(root, "fcpxml", path)


def _add_resources(resources: Element, layout: Layout) -> None:
    width, height = layout.size
    frame = _write(1 / layout.counting.rate)
    add(resources, "format", id="r1", frameDuration=frame, width=width, height=height)
    for number, strip in enumerate((layout.picture, *layout.sounds), 2):
        held = {
            "name": strip.name,
            "src": strip.path.as_uri(),
            "start": _tell(layout, strip.opening),
        }
        held |= {"duration": _write(strip.seconds)}
        if strip.channels:
            sound = {"hasAudio": 1, "audioSources": 1, "audioChannels": strip.channels}
            add(resources, "asset", id=f"r{number}", **held, **sound, audioRate=strip.sample_rate)
        else:
            add(resources, "asset", id=f"r{number}", **held, hasVideo=1, format="r1")


def _fill(spine: Element, layout: Layout) -> None:
    """The storyline: a gap up to the picture, if there is one, the picture, and a gap after it."""
    picture, start = layout.picture, layout.counting.first
    pieces = []
    if picture.begin:
        pieces.append((_add_gap(spine, layout, start, picture.begin), start))
    clip = add(spine, "asset-clip", ref="r2", srcEnable="video", format="r1")
    _place(clip, layout, picture, start + picture.begin)
    pieces.append((clip, picture.first))
    holder, base = pieces[0]
    roles = _name_roles(layout.sounds)
    for lane, (strip, role) in enumerate(zip(layout.sounds, roles, strict=True), 1):
        sound = add(holder, "asset-clip", ref=f"r{lane + 2}", lane=-lane, audioRole=role)
        _place(sound, layout, strip, base)
        _add_marks(sound, layout, strip.marks, strip.first)
    _add_marks(holder, layout, layout.crosstalk, base, completed=0)
    end = picture.begin + picture.frames
    if end < layout.frames:
        _add_gap(spine, layout, start + end, layout.frames - end)


def _add_gap(spine: Element, layout: Layout, offset: int, frames: int) -> Element:
    where = {"offset": _tell(layout, offset), "start": _tell(layout, offset)}
    return add(spine, "gap", name="Gap", **where, duration=_tell(layout, frames))


def _place(clip: Element, layout: Layout, strip: Strip, offset: int) -> None:
    clip.set("name", strip.name)
    clip.set("offset", _tell(layout, offset))
    clip.set("start", _tell(layout, strip.first))
    clip.set("duration", _tell(layout, strip.frames))
    clip.set("tcFormat", "DF" if layout.counting.drops else "NDF")


def _name_roles(strips: Sequence[Strip]) -> list[str]:
    """By roles Final Cut Pro shows and mutes voices; the rest is none."""
    names = tell_apart(NO_ROLE.sub(" ", strip.name).strip() or "voice" for strip in strips)
    return [
        f"dialogue.{name}" if strip.marks or strip.name != "rest" else "effects.rest"
        for strip, name in zip(strips, names, strict=True)
    ]


def _add_marks(
    clip: Element, layout: Layout, marks: Sequence[Mark], base: int, **how: object
) -> None:
    for mark in marks:
        start, length = _tell(layout, base + mark.start), _tell(layout, mark.stop - mark.start)
        add(clip, "marker", start=start, duration=length, value=mark.name, **how)


def _tell(layout: Layout, frames: int) -> str:
    """So many frames as a time."""
    return _write(frames / layout.counting.rate)


def _write(seconds: Fraction) -> str:
    """A time as a fraction of whole numbers.

    >>> _write(Fraction(1001, 30_000)), _write(Fraction(2))
    ('1001/30000s', '2s')
    """
    whole = seconds.denominator == 1
    return f"{seconds.numerator}s" if whole else f"{seconds.numerator}/{seconds.denominator}s"
