"""What a voice sounds like, as a vector by which it is known again: Resemblyzer's encoder.

Of the package only the weights are used, which travel inside it: importing it would need
webrtcvad, which many machines cannot build.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

import librosa
import numpy as np
import torch
from torch import Tensor, nn

from avsep.arrays import Floats, normalise
from avsep.errors import SettingError

PACKAGE, WEIGHTS = "resemblyzer", "pretrained.pt"
HINT = (
    "pip install 'avsep[voices]'; where no compiler builds its webrtcvad, which avsep does not"
    " use: pip install --no-deps resemblyzer"
)
RATE = 16_000  # Hz
# As the encoder was trained: 40 mel bands in windows of 25 ms every 10 ms, 1.6 s at a time at a
# level of -30 dB.
BANDS, LENGTH, HOP = 40, 400, 160
STEPS = 160
WINDOW = STEPS * HOP  # samples
LEVEL = 10 ** (-30 / 20)
WIDTH, LAYERS = 256, 3
AT_ONCE = 64  # windows

# From sound at RATE, (samples,), and where windows begin, prints of unit length (windows, WIDTH).
Encoder: TypeAlias = Callable[[Floats, list[int]], Floats]


class _Network(nn.Module):
    """Mel spectra in, prints of unit length out."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(BANDS, WIDTH, LAYERS, batch_first=True)
        self.linear = nn.Linear(WIDTH, WIDTH)

    def forward(self, bands: Tensor) -> Tensor:
        """Shape: (windows, STEPS, BANDS) -> (windows, WIDTH)."""
        _, (hidden, _) = self.lstm(bands)
        found = torch.relu(self.linear(hidden[-1]))
        normal: Tensor = found / found.norm(dim=1, keepdim=True).clamp_min(1e-9)
        return normal


def require_encoder() -> Path:
    """The file of the weights.

    Raises:
        SettingError: The package is missing.
    """
    spec = find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations if spec else None) or []:
        if (path := Path(folder) / WEIGHTS).is_file():
            return path
    raise SettingError(f"--voice needs the package {PACKAGE}, which is missing", hint=HINT)


@cache
def load_encoder() -> Encoder:
    """The encoder, on the CPU: its sums are small."""
    network = _Network()
    kept = torch.load(require_encoder(), map_location="cpu", weights_only=True)["model_state"]
    wanted = {name: kept[name] for name in network.state_dict()}
    network.load_state_dict(wanted)
    network.eval().requires_grad_(requires_grad=False)

    def encode(sound: Floats, starts: list[int]) -> Floats:
        prints = [np.zeros((0, WIDTH), np.float32)]
        for first in range(0, len(starts), AT_ONCE):
            bands = np.stack([_measure(sound, start) for start in starts[first : first + AT_ONCE]])
            with torch.inference_mode():
                prints.append(network(torch.from_numpy(bands)).numpy())
        return np.concatenate(prints)

    return encode


def _measure(sound: Floats, start: int) -> Floats:
    """Mel power of a window at the level that the encoder knows, (STEPS, BANDS)."""
    window = sound[start : start + WINDOW]
    window = np.pad(window, (0, WINDOW - len(window)))
    gain = LEVEL / np.sqrt(np.mean(np.square(window)) + 1e-12)
    bands = librosa.feature.melspectrogram(
        y=window * gain, sr=RATE, n_fft=LENGTH, hop_length=HOP, n_mels=BANDS
    )
    return np.asarray(bands.T[:STEPS], np.float32)


def average(prints: Floats) -> Floats:
    """One print of several, of unit length: (windows, WIDTH) -> (WIDTH,)."""
    mean = prints.mean(axis=0)
    return normalise(mean)
