"""One recording while it arrives: from its bytes to voices, a few seconds behind."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avsep.device import use_threads
from avsep.errors import FaceError, MediaError
from avsep.follow.feed import Feed, GrowingFile, Pipe
from avsep.follow.follower import Follower
from avsep.follow.listener import Listener
from avsep.follow.opening import PIPE, is_known, know, open_file, open_pipe
from avsep.follow.report import publish
from avsep.follow.store import HINT, State, Store, claim, read_state
from avsep.kit import Kit
from avsep.media.probing import MediaInfo
from avsep.outputs.folder import writing_to
from avsep.outputs.space import check_memory
from avsep.separation.mixture import working_rate

LIVE = "live"  # what the result of a pipe is called


@dataclass(frozen=True, slots=True)
class Asked:
    """How a recording is followed.

    Attributes:
        output: Where it gets a folder of its own.
        rest: Seconds at rest after which a file has ended.
        force: Whether an earlier result may be replaced.
    """

    output: Path
    rest: float
    force: bool = False


@use_threads()
def follow(
    source: Path,
    kit: Kit,
    asked: Asked,
    listener: Listener,
    ready: Callable[[Callable[[], None]], None] = lambda stop: None,
) -> dict[str, Any]:
    """Write the voices of a recording while that is being written.

    Args:
        source: A growing file, or `PIPE` for standard input.
        kit: What finds people and voices.
        asked: Where to, and until when.
        listener: Is told what happens.
        ready: Is given what ends all tidily, once there is something to end.

    Returns:
        What it came to, in the words of a manifest.

    Raises:
        MediaError: It can't be read, or nothing arrives.
        FaceError: In the end nobody was seen.
        OutputError: The folder is taken, or was begun with another recording.
    """
    with ExitStack() as stack:
        feed, info = _open(source, asked)
        stack.enter_context(closing(feed))
        check_memory(info)
        name, is_pipe = _name(source), source == PIPE
        folder = claim(asked.output / name, name, is_pipe=is_pipe, force=asked.force)
        stack.enter_context(writing_to(folder, HINT))
        store = Store(folder, name)
        keep = source != PIPE  # unless it comes to its end
        stack.callback(lambda: store.close(keep=keep))
        earlier = read_state(folder, source) if keep else None
        known = know(source) if keep else ""
        store.open(earlier or State(known, working_rate(info.sample_rate), info.channels))
        follower = Follower(info, feed, kit, store, listener)
        ready(follower.stop)
        follower.run(str(source))
        content = publish(store, info, feed.arrived, kit.tools)
        is_over = not follower.stopped
        fault = follower.fault or _find_change(source, known)
        keep = keep and not is_over
    state = "done" if is_over and not fault else "interrupted"
    listener.tell(_describe_end(source, store, content, state))
    if fault:
        raise fault
    if is_over and not content["speakers"]:
        raise FaceError(
            f"{source}: no face whose lips can be read", hint=f"Its sound lies in {folder}."
        )
    return content


def _open(source: Path, asked: Asked) -> tuple[Feed, MediaInfo]:
    if source != PIPE:
        info = open_file(source, asked.rest)
        return GrowingFile(source, asked.rest), info
    pipe = Pipe(0)
    with tempfile.TemporaryDirectory() as folder:
        return pipe, open_pipe(pipe, Path(folder))


def _find_change(source: Path, known: str) -> MediaError | None:
    """Whether a recording no longer begins as it did."""
    if not known or not source.is_file() or is_known(source, known):
        return None
    return MediaError(
        f"{source} was begun anew by whoever records it",
        hint="Parts of what was written are of the one before. Follow it again with --force.",
    )


def _name(source: Path) -> str:
    return LIVE if source == PIPE else source.stem


def _describe_end(
    source: Path, store: Store, content: Mapping[str, Any], state: str
) -> dict[str, Any]:
    shared = (
        "duration",
        "speakers",
        "rest",
        "delay",
        "own_delays",
        "crosstalk",
        "left_out",
        "files",
    )
    ends = {"input": str(source), "state": state, "output": str(store.folder)}
    return ends | {key: content[key] for key in shared}
