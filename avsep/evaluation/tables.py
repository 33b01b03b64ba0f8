"""Scores as rows of tables, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from avsep.evaluation.quality import NAMES
from avsep.evaluation.scores import Blame, Gap, Group, PersonScore, Scores, Spread

Table = tuple[tuple[str, ...], list[tuple[object, ...]]]
GAINS = ("SI-SDR", "SDR", "SIR")
SHOWN = 5  # people who gain least


def tabulate(scores: Scores) -> list[Table]:
    """Tables of everything `avsep.evaluation.bench.evaluate` gives: columns and rows."""
    groups = scores.groups
    heard = [name for name in NAMES if any(name in group.after for group in groups.values())]
    tables: list[Table] = [
        _gain_table(groups),
        (
            ("mean after", *heard),
            _mean_rows({name: group.after for name, group in groups.items()}, heard),
        ),
        _control_table(groups),
        _people_table(scores.people),
    ]
    if scores.gap and scores.blame:
        tables += _gap_tables(scores.gap, scores.blame)
    return tables


def _gap_tables(gap: Gap, blame: Blame) -> list[Table]:
    cues = [(f"cue {name}", f"{gain:.2f}") for name, gain in gap.cues.items()]
    cue = gap.cue
    lips = f"lips (cue {cue.loudness:.2f} / {cue.shape:.2f})"
    return [
        (
            ("told by, loudness / shape", "SI-SDR gain"),
            [*cues, (lips, f"{gap.lips:.2f}"), ("best mask", f"{gap.oracle:.2f}")],
        ),
        (
            ("stretch", "SI-SDR gain", "right voice"),
            [
                (f"{seconds} s", f"{entry.gain:.2f}", f"{100 * entry.right_voice:.0f} %")
                for seconds, entry in gap.lengths.items()
            ],
        ),
        (
            ("dB lost in", "SI-SDR"),
            [(part, f"{loss:.2f}") for part, loss in asdict(blame).items()],
        ),
    ]


def _gain_table(groups: Mapping[str, Group]) -> Table:
    rows: list[tuple[object, ...]] = []
    for name, group in groups.items():
        gains = [group.gain[kind] for kind in GAINS]
        spreads = [f"{gain.mean:.2f} ± {gain.deviation:.2f}" for gain in gains]
        median, worse = f"{gains[0].median:.2f}", f"{100 * group.worse:.0f} %"
        rows.append((name, *spreads, median, worse))
    return ("mean gain ± spread", *GAINS, "median SI-SDR", "worse than before"), rows


def _people_table(people: Mapping[str, PersonScore]) -> Table:
    return (
        ("gains least", "SI-SDR gain", "mouth's motion", "voices"),
        [
            (name, f"{entry.gain:.2f}", f"{entry.motion:.2f}", entry.rows)
            for name, entry in list(people.items())[:SHOWN]
        ],
    )


def _mean_rows(
    groups: Mapping[str, Mapping[str, Spread]], names: Sequence[str]
) -> list[tuple[object, ...]]:
    return [
        (name, *(f"{group[n].mean:.2f}" if n in group else "" for n in names))
        for name, group in groups.items()
    ]


def _control_table(groups: Mapping[str, Group]) -> Table:
    names = list(next(iter(groups.values())).controls)
    right = [(f"{group.gain['SI-SDR'].mean:.2f}",) for group in groups.values()]
    rows = _mean_rows({name: group.controls for name, group in groups.items()}, names)
    return (
        ("SI-SDR gain", "right lips", *names),
        [(row[0], *first, *row[1:]) for first, row in zip(right, rows, strict=True)],
    )
