"""What commands say of the things they did, one by one and all together."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avsep.cli.screen import Screen
from avsep.text import clock, tell_delay, tell_size

if TYPE_CHECKING:
    from avsep.batch.run import Outcome
    from avsep.cli.board import Board
    from avsep.timeline import Seconds
    from avsep.training.preparation import Prepared


def report_batch(
    screen: Screen,
    board: Board,
    outcomes: Iterable[Outcome],
    total: int,
    *,
    as_json: bool,
    summary: Path | None = None,
) -> bool:
    """Show outcomes as they come, and results at the end, even if that is an interruption.

    Args:
        screen: Where results go.
        board: Shows what is being done.
        outcomes: What became of each recording.
        total: How many there are.
        as_json: Whether a program reads the results.
        summary: Folder for a summary of all.

    Returns:
        Whether nothing failed.
    """
    from avsep.batch.summary import describe, write_summary

    done: list[Outcome] = []
    try:
        for outcome in outcomes:
            done.append(outcome)
            board.finish(outcome.source)
            _report(screen, outcome, len(done), total)
    finally:
        board.close()
        try:
            if summary:
                write_summary(done, summary)
        finally:
            if total > 1:
                _sum_up(screen, done)
            if as_json:
                screen.show_json([describe(outcome) for outcome in done])
            else:
                _show_results(screen, done)
    return not any(outcome.error for outcome in done)


def report_each(
    screen: Screen, board: Board, outcomes: Iterable[Outcome], *, as_json: bool
) -> None:
    """Give one line for each recording as it gets done; what was done before gets none."""
    from avsep.batch.summary import describe

    for outcome in outcomes:
        board.finish(outcome.source)
        if outcome.error:
            screen.show_error(outcome.error)
        if outcome.state == "skipped":
            screen.tell(f"{outcome.source}: done before")
        elif as_json:
            screen.show_line(json.dumps(describe(outcome)))
        else:
            place = f" -> {outcome.result.folder}" if outcome.result else ""
            screen.show_line(f"{outcome.state}  {outcome.source}{place}")


def report_left_out(screen: Screen, kinds: Iterable[str]) -> None:
    """Tell how many faces were left out for each kind of reason."""
    for kind, count in Counter(kinds).most_common():
        screen.note(f"left out: {count} {'face' if count == 1 else 'faces'}, {kind}")


def _report_delays(screen: Screen, manifest: Mapping[str, Any]) -> None:
    """Tell what was made up for, of all and of those whose lips say otherwise."""
    told = [("the lips", [(0.0, manifest.get("delay", 0.0))])]
    own: defaultdict[int, list[Seconds]] = defaultdict(list)
    for entry in manifest.get("own_delays", []):
        own[entry["number"]].append((entry.get("start", 0.0), entry["delay"]))
    for speaker in manifest.get("speakers", []):
        lips = f"the lips of {speaker['name']}"
        told += [(lips, own[number]) for number in speaker.get("members", []) if number in own]
    for lips, steps in told:
        if any(seconds for _, seconds in steps):
            screen.note(f"{tell_delay(steps, lips)}: made up for")


def report_prepared(screen: Screen, reports: Sequence[Prepared], folder: Path) -> int:
    """Sum up what became of the files of a training set.

    Returns:
        How many were stored.
    """
    from avsep.timeline import FRAME_RATE

    stored = [report.frames for report in reports if report.frames]
    minutes = sum(stored) / FRAME_RATE / 60
    screen.show_line(f"{len(stored)} clips, {minutes:.1f} minutes, in {folder}")
    skipped = [report for report in reports if report.problem]
    for report in skipped:
        screen.tell(f"{report.source}: {report.problem}")
    reasons = Counter(report.kind for report in skipped)
    if reasons:
        rows = [(count, reason) for reason, count in reasons.most_common()]
        screen.show_table(("#skipped", "reason"), rows)
    return len(stored)


def _report(screen: Screen, outcome: Outcome, number: int, total: int) -> None:
    """Tell, beside the results, what became of one recording."""
    place = f"[{number}/{total}] " if total > 1 else ""
    if outcome.error:
        screen.show_error(outcome.error)
    elif outcome.state == "skipped":
        screen.note(f"{place}{outcome.source}: skipped, done before (--force does it again)")
    elif total > 1:
        took = f" in {outcome.seconds:.0f} s" if outcome.state == "done" else ""
        screen.note(f"{place}{outcome.source}: {outcome.state}{took}")
    if outcome.result:
        if outcome.result.manifest.get("options", {}).get("preview"):
            page = outcome.result.folder / "report.html"
            screen.note(f"to be looked at and listened to: {page}")
        faces = outcome.result.manifest.get("left_out", [])
        report_left_out(screen, [face.get("kind", face["reason"]) for face in faces])
        _report_delays(screen, outcome.result.manifest)


def _show_results(screen: Screen, outcomes: Sequence[Outcome]) -> None:
    _show_plan(screen, [outcome for outcome in outcomes if outcome.state == "planned"])
    voices = [
        (outcome.source, voice.number, voice.name, f"{voice.visible:.1f} s", voice.path)
        for outcome in outcomes
        for voice in (outcome.result.voices if outcome.result else ())
    ]
    columns = ("input", "#", "name", "visible", "file")
    if voices and len(outcomes) == 1:
        screen.show_table(columns[1:], [row[1:] for row in voices])
    elif voices:
        screen.show_table(columns, voices)


def _show_plan(screen: Screen, planned: Sequence[Outcome]) -> None:
    """What a dry run has found: how much of the disk each recording takes, and how long."""
    if not planned:
        return
    rows = [
        (
            outcome.source,
            outcome.result.folder if outcome.result else "",
            "?" if outcome.time is None else clock(outcome.time, tenths=False),
            tell_size(outcome.disk),
        )
        for outcome in planned
    ]
    screen.show_table(("input", "would be written to", "takes about", "and"), rows)
    times = [outcome.time for outcome in planned if outcome.time is not None]
    if len(times) > 1:
        disk = tell_size(sum(outcome.disk for outcome in planned))
        screen.note(f"all together about {clock(sum(times), tenths=False)} and {disk}")


def _sum_up(screen: Screen, outcomes: Sequence[Outcome]) -> None:
    states = Counter(outcome.state for outcome in outcomes)
    screen.note(", ".join(f"{count} {state}" for state, count in states.items()))
    for outcome in outcomes:
        if outcome.error:
            screen.note(f"failed: {outcome.error.message}")
