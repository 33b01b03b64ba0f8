"""The timeline for Premiere and Resolve: Final Cut Pro 7 XML.

Each channel of a sound is a track there. Premiere puts those that belong together into one, and
shows the names of tracks, by attributes of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from xml.etree.ElementTree import Element

from avsep.outputs.counting import Counting
from avsep.outputs.timeline.elements import add, write_document
from avsep.outputs.timeline.layout import Layout, Mark, Strip

OPAQUE = 255
STEREO = 2
KINDS = {1: "Mono", STEREO: "Stereo"}


def write_xmeml(layout: Layout, path: Path) -> Path:
    """Write it."""
    root = Element("xmeml", version="4")
    sequence = add(root, "sequence", id="sequence-1", explodedTracks="true")
    counting = layout.counting
    add(sequence, "duration", layout.frames)
    _add_rate(sequence, counting)
    add(sequence, "name", layout.name)
    media = add(sequence, "media")
    video = add(media, "video")
    _describe_picture(add(video, "format"), layout)
    track = add(video, "track", **_name_track(layout.picture))
    item = _add_clip(track, layout.picture, "clipitem-1", counting)
    _describe_file(item, layout.picture, "file-1", layout)
    _end_track(track)
    _add_sounds(add(media, "audio"), layout)
    _add_time_code(sequence, counting, counting.first, drops=counting.drops)
    _add_marks(sequence, layout.crosstalk, 0)
    return write_document(root, "xmeml", path)


def _add_rate(parent: Element, counting: Counting) -> None:
    rate = add(parent, "rate")
    add(rate, "timebase", round(counting.rate))
    add(rate, "ntsc", "FALSE" if counting.rate.denominator == 1 else "TRUE")


def _add_time_code(parent: Element, counting: Counting, first: int, *, drops: bool) -> None:
    code = add(parent, "timecode")
    _add_rate(code, counting)
    add(code, "string", counting.write_code(first) if first else _write_zero(drops=drops))
    add(code, "frame", first)
    add(code, "displayformat", "DF" if drops else "NDF")


def _write_zero(*, drops: bool) -> str:
    return "00:00:00;00" if drops else "00:00:00:00"


def _describe_picture(parent: Element, layout: Layout) -> None:
    kind = add(parent, "samplecharacteristics")
    _add_rate(kind, layout.counting)
    width, height = layout.size
    add(kind, "width", width)
    add(kind, "height", height)
    add(kind, "anamorphic", "FALSE")
    add(kind, "pixelaspectratio", "square")
    add(kind, "fielddominance", "none")


def _describe_sound(parent: Element, sample_rate: int) -> None:
    kind = add(parent, "samplecharacteristics")
    add(kind, "depth", 16)
    add(kind, "samplerate", sample_rate)


def _add_outputs(outputs: Element) -> None:
    """A loudspeaker at each side."""
    for number in range(1, STEREO + 1):
        group = add(outputs, "group")
        add(group, "index", number)
        add(group, "numchannels", 1)
        add(group, "downmix", 0)
        add(add(group, "channel"), "index", number)


def _add_sounds(audio: Element, layout: Layout) -> None:
    add(audio, "numOutputChannels", 2)
    _describe_sound(add(audio, "format"), layout.sounds[0].sample_rate)
    _add_outputs(add(audio, "outputs"))
    numbers, tracks = count(2), count(1)
    for number, strip in enumerate(layout.sounds, 2):
        clips = [(f"clipitem-{next(numbers)}", next(tracks)) for _ in range(strip.channels)]
        for channel in range(strip.channels):
            track = add(audio, "track", **_name_track(strip, channel))
            _add_channel(track, strip, f"file-{number}", clips, channel, layout)
            _end_track(track)
            if strip.channels == STEREO:  # one channel alone is heard on both sides
                add(track, "outputchannelindex", channel + 1)


def _add_channel(
    track: Element,
    strip: Strip,
    file: str,
    clips: Sequence[tuple[str, int]],
    channel: int,
    layout: Layout,
) -> None:
    """One channel of a sound: the first tells of its file, and all of each other."""
    item = _add_clip(track, strip, clips[channel][0], layout.counting)
    item.set("premiereChannelType", KINDS.get(strip.channels, "Mono").lower())
    if channel:
        add(item, "file", id=file)
    else:
        _describe_file(item, strip, file, layout)
    source = add(item, "sourcetrack")
    add(source, "mediatype", "audio")
    add(source, "trackindex", channel + 1)
    for name, number in clips if len(clips) > 1 else ():
        link = add(item, "link")
        add(link, "linkclipref", name)
        add(link, "mediatype", "audio")
        add(link, "trackindex", number)
        add(link, "clipindex", 1)
        add(link, "groupindex", 1)
    if not channel:
        _add_marks(item, strip.marks, strip.begin)


def _name_track(strip: Strip, channel: int = 0) -> dict[str, str]:
    """Premiere's attributes of a track."""
    name = {"MZ.TrackName": strip.name}
    if not strip.channels:
        return name
    together = strip.channels if strip.channels in KINDS else 1
    return name | {
        "premiereTrackType": KINDS.get(strip.channels, "Mono"),
        "currentExplodedTrackIndex": str(channel if together > 1 else 0),
        "totalExplodedTrackCount": str(together),
    }


def _end_track(track: Element) -> None:
    add(track, "enabled", "TRUE")
    add(track, "locked", "FALSE")


def _add_clip(track: Element, strip: Strip, name: str, counting: Counting) -> Element:
    item = add(track, "clipitem", id=name)
    add(item, "name", strip.name)
    add(item, "enabled", "TRUE")
    add(item, "duration", strip.held)
    _add_rate(item, counting)
    add(item, "start", strip.begin)
    add(item, "end", strip.begin + strip.frames)
    add(item, "in", strip.inside)
    add(item, "out", strip.inside + strip.frames)
    return item


def _describe_file(item: Element, strip: Strip, name: str, layout: Layout) -> None:
    counting = layout.counting
    file = add(item, "file", id=name)
    add(file, "name", strip.path.name)
    add(file, "pathurl", strip.path.as_uri().replace("file:///", "file://localhost/", 1))
    _add_rate(file, counting)
    add(file, "duration", strip.held)
    drops = counting.drops and (not strip.channels or bool(strip.first))
    _add_time_code(file, counting, strip.opening, drops=drops)
    media = add(file, "media")
    if not strip.channels:
        _describe_picture(add(media, "video"), layout)
        return
    audio = add(media, "audio")
    _describe_sound(audio, strip.sample_rate)
    add(audio, "channelcount", strip.channels)


def _add_marks(parent: Element, marks: Sequence[Mark], begin: int) -> None:
    """Marks on a clip or, with 0, on the sequence."""
    for mark in marks:
        marker = add(parent, "marker")
        add(marker, "comment")
        add(marker, "name", mark.name)
        add(marker, "in", mark.start - begin)
        add(marker, "out", mark.stop - begin)
        colour = add(marker, "color")
        parts = (OPAQUE, *mark.colour.parts)
        for part, value in zip(("alpha", "red", "green", "blue"), parts, strict=True):
            add(colour, part, value)
