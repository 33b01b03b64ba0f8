"""What following a recording came to, in the words of every other JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from avsep.files import sha256
from avsep.follow.store import OPTIONS, PRIVATE, Store
from avsep.media.probing import MediaInfo
from avsep.names import name_product, name_speaker
from avsep.outputs.manifest import write_manifest
from avsep.outputs.rttm import TURNS, describe_turns
from avsep.outputs.schema import FORMAT
from avsep.separation.activity import find_crosstalk
from avsep.timeline import FRAME_RATE, Span, bridge, in_seconds
from avsep.version import __version__


def describe(store: Store, info: MediaInfo, size: int) -> dict[str, Any]:
    """All that is known of a recording so far."""
    state = store.state
    spoken = list_speaking(store)
    return {
        "avsep": __version__,
        "format": FORMAT,
        "input": info.path.name,
        "duration": state.samples / state.sample_rate,
        "start": 0.0,
        "source": {
            "bytes": size,
            "width": info.width,
            "height": info.height,
            "audio_streams": [stream.index for stream in info.heard],
            "video_stream": info.video.index if info.video else None,
        },
        "options": OPTIONS,
        "cuts": [cut / FRAME_RATE for cut in state.cuts],
        "speakers": [
            _describe_speaker(number, store, spans) for number, spans in enumerate(spoken, 1)
        ],
        "rest": {"file": "rest.wav", "gain": 0.0},
        "delay": state.delay.get("frames", 0) / FRAME_RATE,
        "own_delays": [
            {"number": int(number), "start": 0.0, "delay": frames / FRAME_RATE}
            for number, frames in state.delay.get("own", {}).items()
        ],
        "crosstalk": _in_seconds(find_crosstalk(spoken)),
        "left_out": [
            {"seen": _in_seconds([(start, stop)]), "kind": kind, "reason": reason}
            for start, stop, kind, reason in state.left_out
        ],
    }


def list_speaking(store: Store) -> list[Sequence[Span]]:
    """When each person speaks, by number."""
    talks = store.state.turns.get("talks", {})
    people = range(1, len(store.state.faces) + 1)
    found = [talks.get(number, talks.get(str(number))) for number in people]
    return [_list_spans(talk) if talk else [] for talk in found]


def _list_spans(talk: Mapping[str, Any]) -> list[Span]:
    """Turns of one person, with the one that may go on."""
    spans = [(start, stop) for start, stop in talk["spans"]]
    return [*spans, (talk["start"], talk["stop"])] if talk["told"] else spans


def publish(store: Store, info: MediaInfo, size: int, tools: Mapping[str, Any]) -> dict[str, Any]:
    """Write who speaks when, and the manifest last."""
    stem = store.stem
    turns = [
        (start, stop, name_speaker(number))
        for number, spans in enumerate(list_speaking(store), 1)
        for start, stop in spans
    ]
    path = store.folder / name_product(stem, TURNS)
    path.write_text(describe_turns(stem, turns), encoding="utf-8")
    content = describe(store, info, size)
    content |= tools
    content["files"] = [
        {"file": file.name, "bytes": file.stat().st_size, "sha256": sha256(file)}
        for file in (*store.list_files(), path)
        if file.parent.name != PRIVATE
    ]
    write_manifest(store.folder, content)
    return content


def _describe_speaker(number: int, store: Store, spoken: Sequence[Span]) -> dict[str, Any]:
    seen = bridge(sorted((start, stop) for start, stop in store.state.seen[number - 1]), pause=0)
    return {
        "number": number,
        "name": name_speaker(number),
        "visible": sum(stop - start for start, stop in seen) / FRAME_RATE,
        "seen": _in_seconds(seen),
        "file": f"{name_speaker(number)}.wav",
        "speaking": _in_seconds(spoken),
        "members": [number],
        "gain": 0.0,
        "box": store.state.boxes[number - 1],
    }


def _in_seconds(spans: Iterable[Span]) -> list[list[float]]:
    return [list(in_seconds(span)) for span in spans]
