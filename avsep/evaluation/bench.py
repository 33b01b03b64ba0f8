"""All scores of a network on listed mixtures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from avsep.evaluation.attribution import blame, find_gap
from avsep.evaluation.controls import SceneTrial, try_controls
from avsep.evaluation.mixtures import Mixture, load_scene
from avsep.evaluation.plots import draw_chart
from avsep.evaluation.quality import NAMES, add_word_errors, score_sounds, spread, spread_energies
from avsep.evaluation.scores import Group, PersonScore, Row, Scores
from avsep.faces.motion import measure_motion
from avsep.model.network import SeparationNetwork
from avsep.progress import Progress, no_progress
from avsep.speech.captions import Recogniser


def evaluate(
    network: SeparationNetwork,
    mixtures: Sequence[Mixture],
    sets: Sequence[Path],
    progress: Progress = no_progress,
    recognise: Recogniser | None = None,
) -> Scores:
    """Score a network.

    Args:
        network: In evaluation mode.
        mixtures: What to score it on.
        sets: Prepared sets with their clips.
        progress: Progress hook.
        recognise: Hears words: gives word error rates too.
    """
    shown = progress(mixtures, "scoring mixtures", len(mixtures))
    rows = [row for mixture in shown for row in _try(network, mixture, sets, recognise)]
    pairs = [mixture for mixture in mixtures if len(mixture.parts) == 2]  # noqa: PLR2004
    gap = None
    if pairs and network.config.cue_bands:
        gap = find_gap(network, progress(pairs, "finding the gap", len(pairs)), sets)
    return Scores(
        rows=tuple(rows),
        groups={name: summarise(group) for name, group in group_rows(rows).items()},
        people=rank_people(rows),
        gap=gap,
        blame=blame(gap) if gap else None,
    )


@torch.inference_mode()
def _try(
    network: SeparationNetwork,
    mixture: Mixture,
    sets: Sequence[Path],
    recognise: Recogniser | None,
) -> list[Row]:
    scene = load_scene(mixture, sets, network.config.lip_size)
    sound = scene.sound
    trial = SceneTrial.begin(network, scene.mouths)
    before = score_sounds(sound.expand_as(scene.voices), scene.voices)
    found = trial.separate(sound)
    after = score_sounds(found, scene.voices)
    if recognise:
        add_word_errors(before, sound.expand_as(scene.voices), scene.voices, recognise)
        add_word_errors(after, found, scene.voices, recognise)
    controls = try_controls(trial, scene)
    return [
        Row(
            mixture=mixture.name,
            corpus=mixture.corpus,
            voices=len(mixture.parts),
            alike=mixture.alike,
            speaker=part.speaker,
            motion=float(measure_motion(scene.mouths[number].numpy()).mean()),
            before=before[number],
            after=after[number],
            controls={name: float(values[number]) for name, values in controls.items()},
        )
        for number, part in enumerate(mixture.parts)
    ]


def group_rows(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows of two voices by corpus and by likeness of pitch, then by number of voices."""
    pairs = [row for row in rows if row.voices == 2]  # noqa: PLR2004
    groups: dict[str, list[Row]] = {}
    for corpus in dict.fromkeys(row.corpus for row in pairs):
        groups[f"2 voices, {corpus}"] = [row for row in pairs if row.corpus == corpus]
    groups["2 voices, pitches alike"] = [row for row in pairs if row.alike]
    groups["2 voices, pitches apart"] = [row for row in pairs if not row.alike]
    for count in sorted({row.voices for row in rows}):
        groups[f"{count} voices"] = [row for row in rows if row.voices == count]
    return {name: group for name, group in groups.items() if group}


def summarise(rows: Sequence[Row]) -> Group:
    """Mean and spread of a group: scores, their improvements, controls.

    A score that mixture or voice lack (PESQ hears no speech, no word is recognised) counts
    neither way. What is let through to a silent face is averaged as energy: a single leak must
    not hide among silences.
    """
    both = {name: [r for r in rows if name in r.after and name in r.before] for name in NAMES}
    known = {name: found for name, found in both.items() if found}
    controls = {name: [row.controls[name] for row in rows] for name in rows[0].controls}
    return Group(
        after={n: spread([r.after[n] for r in found]) for n, found in known.items()},
        gain={n: spread([r.after[n] - r.before[n] for r in found]) for n, found in known.items()},
        worse=float(np.mean([row.gain < 0 for row in rows])),
        controls={
            name: spread_energies(values) if name == "silent" else spread(values)
            for name, values in controls.items()
        },
    )


def rank_people(rows: Sequence[Row]) -> dict[str, PersonScore]:
    """Every person, from who gains least on.

    These show what is missing, or that a face and a voice don't belong
    to each other.
    """
    people = {
        name: [row for row in rows if row.speaker == name]
        for name in dict.fromkeys(row.speaker for row in rows)
    }
    found = {
        name: PersonScore(
            gain=float(np.mean([row.gain for row in said])),
            motion=float(np.mean([row.motion for row in said])),
            rows=len(said),
        )
        for name, said in people.items()
    }
    return dict(sorted(found.items(), key=lambda entry: entry[1].gain))


def write_scores(scores: Scores, folder: Path) -> None:
    """Write them as scores.json and, drawn, as scores.png."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(scores.describe(), indent=1) + "\n"
    (folder / "scores.json").write_text(text, encoding="utf-8")
    draw_chart(scores, folder / "scores.png")
