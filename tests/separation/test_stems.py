"""The files of the voices."""

from __future__ import annotations

import numpy as np
import soundfile

from avsep.media.sound import SoundFileReader
from avsep.separation.stems import VoiceWriter


def test_the_recognisers_file_is_16_khz_mono_in_step(tmp_path):
    rate, seconds = 48_000, 2
    time = np.arange(rate * seconds) / rate
    click = np.exp(-(((time - 1.25) / 0.002) ** 2)) * 0.5
    soundfile.write(tmp_path / "mixture.wav", np.stack([click, click], 1), rate, "FLOAT")
    mixture = SoundFileReader(tmp_path / "mixture.wav")
    writer = VoiceWriter(tmp_path / "v.wav", mixture, sample_rate=rate, samples=len(time))
    for start in range(0, len(time), 7777):
        writer.write(mixture.read(start, min(start + 7777, len(time))))
    writer.close()
    narrow, narrow_rate = soundfile.read(tmp_path / "v.16k.wav")
    assert (narrow.ndim, narrow_rate, len(narrow)) == (1, 16_000, 32_000)
    assert abs(np.abs(narrow).argmax() / 16_000 - 1.25) < 1e-4
    full, full_rate = soundfile.read(tmp_path / "v.wav")
    assert (full.shape, full_rate) == ((96_000, 2), 48_000)
