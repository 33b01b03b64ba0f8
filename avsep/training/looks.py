"""How well a separator under training does: fixed scenes of voices that it does not learn from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch

from avsep.metrics import si_sdr
from avsep.model.bands import BandSeparator
from avsep.training.corpus import Corpus
from avsep.training.device_mixing import Batch, Cues, Drawing, mix
from avsep.training.drafts import Drafter
from avsep.training.passes import hear_first, separate

# Correlation of loudness and of spectral shape with the truth that lips reach: of people never
# seen, in the corpora that are read best; in those read worst; and a truth told as it is.
KNOWN = {
    "unseen": Cues((0.57, 0.57), (0.42, 0.42)),
    "weak": Cues((0.4, 0.4), (0.25, 0.25)),
    "perfect": Cues((1.0, 1.0), (1.0, 1.0)),
}
SCENES = 24  # of two people; half as many of three
AT_ONCE = 4
CLEAN = Drawing(
    frames=100,
    unseen=0,
    level=2,
    noise=0,
    silent=0,
    late=0,
    narrow=0,
    room=0,
    hidden=0,
    pace=0,
    alone=0,
)


def make_judge(
    voices: Corpus, noise: Corpus, drafter: Drafter | None = None
) -> Callable[[BandSeparator], dict[str, float]]:
    """A look at a network: mean gain in SI-SDR, dB, by how well lips know and by faces.

    Args:
        voices: Of people who are not learnt from, on the device that computes.
        noise: Is not heard; only drawn from.
        drafter: Who drafts masks, for a separator that is told drafts.
    """
    scenes = {
        f"{name}-{faces}": list(_draw(voices, noise, known, faces, drafter))
        for name, known in KNOWN.items()
        for faces in (2, 3)
    }

    @torch.inference_mode()
    def judge(network: BandSeparator) -> dict[str, float]:
        return {
            name: round(sum(_gain(network, batch) for batch in batches) / len(batches), 2)
            for name, batches in scenes.items()
        }

    return judge


def _draw(
    voices: Corpus, noise: Corpus, known: Cues, faces: int, drafter: Drafter | None
) -> list[Batch]:
    draw = torch.Generator(voices.sound.device).manual_seed(5)
    drawing = replace(CLEAN, faces=tuple(AT_ONCE * (n == faces) for n in range(2, 6)))
    count = SCENES // AT_ONCE // (faces - 1)
    batches = [mix(voices, noise, drawing, known, draw) for _ in range(count)]
    return [drafter.add_to(batch) for batch in batches] if drafter else batches


def _gain(network: BandSeparator, batch: Batch) -> float:
    for _ in range(1, network.config.passes):
        batch = hear_first(network, batch)
    found = separate(network, batch)
    before = si_sdr(batch.mixture[batch.told.scene], batch.voices)
    return float((si_sdr(found, batch.voices) - before).mean())
