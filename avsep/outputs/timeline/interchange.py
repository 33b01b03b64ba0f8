"""The timeline for OpenTimelineIO, which many programs read."""

from __future__ import annotations

from pathlib import Path

import opentimelineio as otio
from opentimelineio.opentime import TimeRange

from avsep.outputs.counting import Counting
from avsep.outputs.timeline.layout import Layout, Mark, Strip


def write_interchange(layout: Layout, path: Path) -> Path:
    """Write it, with the picture's track first."""
    counting = layout.counting
    timeline = otio.schema.Timeline(layout.name)
    timeline.global_start_time = counting.time(counting.first)
    kinds = otio.schema.TrackKind
    timeline.tracks.append(_make_track(layout.picture, kinds.Video, counting))
    timeline.tracks.extend(_make_track(strip, kinds.Audio, counting) for strip in layout.sounds)
    timeline.tracks.markers.extend(_make_marker(mark, 0, counting) for mark in layout.crosstalk)
    otio.adapters.write_to_file(timeline, str(path), adapter_name="otio_json")
    return path


def _make_track(strip: Strip, kind: str, counting: Counting) -> otio.schema.Track:
    track = otio.schema.Track(strip.name, kind=kind)
    if strip.begin:
        track.append(otio.schema.Gap(duration=counting.time(strip.begin)))
    there = counting.range(strip.opening, strip.held)
    shown = counting.range(strip.first, strip.frames)
    media = otio.schema.ExternalReference(strip.path.as_uri(), there)
    media.name = strip.path.name
    clip = otio.schema.Clip(strip.name, media, shown)
    # A clip's marks are counted as its media is.
    offset = strip.first - strip.begin
    clip.markers.extend(_make_marker(mark, offset, counting) for mark in strip.marks)
    track.append(clip)
    return track


def _make_marker(mark: Mark, offset: int, counting: Counting) -> otio.schema.Marker:
    start, length = counting.time(mark.start + offset), counting.time(mark.stop - mark.start)
    return otio.schema.Marker(mark.name, TimeRange(start, length), mark.colour.interchange)
