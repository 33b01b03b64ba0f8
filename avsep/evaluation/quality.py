"""The field's scores of a voice that was found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import fast_bss_eval
import jiwer
import numpy as np
import pesq
from pystoi import stoi
from speechmos import dnsmos
from torch import Tensor

from avsep.device import use_threads
from avsep.evaluation.scores import Spread
from avsep.media.reading import Waveform
from avsep.metrics import si_sdr
from avsep.model.spectrum import SAMPLE_RATE
from avsep.speech.captions import Recogniser

NAMES = ("SI-SDR", "SDR", "SIR", "SAR", "PESQ", "STOI", "DNSMOS", "WER")


def score_sounds(found: Tensor, truths: Tensor) -> list[dict[str, float]]:
    """All scores of every sound that stands for a voice of a mixture.

    SDR, SIR and SAR: BSS Eval (Vincent et al. 2006) with filters of 512 taps. PESQ: ITU-T P.862.2,
    wide band, on its scale up to 4.64. STOI: Taal et al. 2011. DNSMOS: the overall opinion that
    Reddy et al. 2022 predict, 1 to 5, which knows no truth.

    Shape: (voices, time) twice, in the same order -> one dictionary a voice

    Note:
        PESQ is missing where it hears no speech.
    """
    # On some processors torch fails to solve equations by several threads.
    with use_threads(1):
        sdr, sir, sar = fast_bss_eval.bss_eval_sources(
            truths.double(), found.double(), compute_permutation=False, load_diag=1e-8
        )
    scores = []
    for number, (sound, truth) in enumerate(zip(found.numpy(), truths.numpy(), strict=True)):
        entry = {
            "SI-SDR": float(si_sdr(found[number], truths[number])),
            "SDR": float(sdr[number]),
            "SIR": float(sir[number]),
            "SAR": float(sar[number]),
            "STOI": float(stoi(truth, sound, SAMPLE_RATE)),
            "DNSMOS": _judge(sound.tobytes()),
        }
        opinion = _compare(truth, sound)
        scores.append(entry if opinion is None else {**entry, "PESQ": opinion})
    return scores


def add_word_errors(
    scores: Sequence[dict[str, float]], found: Tensor, truths: Tensor, recognise: Recogniser
) -> None:
    """Add the word error rate, in per cent, against what is recognised in the true voice.

    Where nothing is, none is added.

    Shape: one dictionary a voice, (voices, time) twice
    """
    for entry, sound, truth in zip(scores, found, truths, strict=True):
        right = _hear(truth, recognise)
        if right:
            entry["WER"] = 100 * float(jiwer.wer(right, _hear(sound, recognise)))


def _hear(sound: Tensor, recognise: Recogniser) -> str:
    """What is said, in small letters, without punctuation."""
    said = " ".join(c.text for c in recognise(Waveform(sound[None].numpy(), SAMPLE_RATE)))
    return " ".join(re.sub(r"[^\w\s']", " ", said.lower()).split())


def _compare(truth: np.ndarray, sound: np.ndarray) -> float | None:
    try:
        return float(pesq.pesq(SAMPLE_RATE, truth, sound, "wb"))
    except pesq.NoUtterancesError:
        return None


@lru_cache(maxsize=1)  # a mixture stands for every one of its voices in turn
def _judge(samples: bytes) -> float:
    sound = np.frombuffer(samples, np.float32)
    sound = sound / max(1.0, float(np.abs(sound).max()))
    return float(dnsmos.run(sound, SAMPLE_RATE)["ovrl_mos"])


def spread_energies(values: Sequence[float]) -> Spread:
    """Mean of energies that are given in dB, in dB, and the standard deviation of the dB."""
    mean = np.mean(np.power(10, np.divide(values, 10)))
    return Spread(float(10 * np.log10(mean)), float(np.std(values)))


def spread(values: Sequence[float]) -> Spread:
    """Mean, standard deviation and median."""
    return Spread(float(np.mean(values)), float(np.std(values)), float(np.median(values)))
