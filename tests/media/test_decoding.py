"""Sound of every rate, number of channels and codec, against what PyAV decodes.

Neither the product's ffmpeg nor its reader of sound files plays a part in what is expected.
"""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
import soundfile
import torch
from scipy.signal import correlate

from avsep.faces.detectors import Face
from avsep.media.copies import SoundCopy, copy_sounds
from avsep.media.probing import probe
from avsep.media.reading import read_audio
from avsep.model.checkpoint import save_model
from avsep.model.config import TINY
from avsep.model.network import SeparationNetwork
from avsep.options import Options
from avsep.pipeline import split

RATES = (8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000, 176400, 192000)
# For each number of channels the layout that is meant as a rule comes first.
LAYOUTS = {
    1: ("mono",),
    2: ("stereo",),
    3: ("2.1", "3.0"),
    4: ("4.0", "quad", "3.1"),
    5: ("5.0(side)", "5.0", "4.1"),
    6: ("5.1", "5.1(side)", "6.0", "hexagonal"),
    7: ("6.1", "7.0", "6.1(back)"),
    8: ("7.1", "7.1(wide)", "octagonal"),
}
# Encoders that take one layout for each number of channels.
ONLY = {
    "alac": ("mono", "stereo", "3.0", "4.0", "5.0", "5.1", "6.1(back)", "7.1(wide)"),
    "libopus": ("mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1"),
}
SECONDS = 0.3
# Codec -> the file's suffix and the sample format given to the encoder.
LOSSLESS = {
    "pcm_s16le": ("avi", "s16"),
    "pcm_s24le": ("mov", "s32"),
    "pcm_f32le": ("mkv", "flt"),
    "flac": ("mkv", "s32"),
    "alac": ("m4a", "s32p"),
    "wavpack": ("mkv", "fltp"),
}
# What loses something takes only some rates and layouts.
LOSSY = {
    "aac": ("mp4", "fltp", (8000, 22050, 44100, 48000, 96000), 8),
    "ac3": ("ts", "fltp", (32000, 48000), 6),
    "eac3": ("mkv", "fltp", (32000, 44100, 48000), 6),
    "libopus": ("webm", "flt", (48000,), 8),
    "libmp3lame": ("mp3", "fltp", (11025, 22050, 44100), 2),
    "mp2": ("mpg", "s16", (16000, 44100, 48000), 2),
}


def encode(path, codec, sample_format, rate, layout):
    """A file of noise that differs in every channel."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout, format=sample_format)
        size = (1, round(SECONDS * rate) * stream.layout.nb_channels)
        noise = np.random.default_rng(rate).normal(0, 0.1, size).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(noise, "flt", layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        stream.codec_context.open()
        parts = av.AudioResampler(sample_format, layout, rate, stream.codec_context.frame_size)
        for part in parts.resample(frame) + parts.resample(None):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path


def decode(path):
    """All samples as PyAV decodes them, (channels, time), and their rate."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    return np.concatenate(list(map(to_floats, frames)), axis=1), frames[0].sample_rate


def to_floats(frame):
    """(channels, time), in [-1, 1]."""
    kind = np.dtype({"s": "i", "f": "f"}[frame.format.name[0]] + str(frame.format.bytes))
    channels = frame.layout.nb_channels
    if frame.format.is_planar:
        planes = [np.frombuffer(plane, kind)[: frame.samples] for plane in frame.planes[:channels]]
        samples = np.stack(planes)
    else:
        whole = np.frombuffer(frame.planes[0], kind)[: frame.samples * channels]
        samples = whole.reshape(-1, channels).T
    return samples / (1 << (8 * kind.itemsize - 1) if kind.kind == "i" else 1)


def measure_error(sound, expected, rate):
    """Power of the difference against the power, where both last, in the worst channel.

    Older demuxers deliver the few milliseconds of silence that a coder begins with.
    """
    likeness = correlate(sound[0], expected[0], "full", "fft")
    lag = likeness.argmax() - (expected.shape[1] - 1)
    assert abs(lag) < 0.01 * rate
    sound, expected = sound[:, max(0, lag) :], expected[:, max(0, -lag) :]
    shared = min(sound.shape[1], expected.shape[1])
    assert shared > 0.9 * SECONDS * rate
    error = np.square(sound[:, :shared] - expected[:, :shared]).sum(1)
    return (error / np.square(expected[:, :shared]).sum(1)).max()


def choose_layout(codec, channels, turn):
    """Names of channels that the encoder takes, others every turn."""
    if codec in ONLY:
        return ONLY[codec][channels - 1]
    return LAYOUTS[channels][turn % len(LAYOUTS[channels])]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("codec", LOSSLESS)
def test_sound_without_loss_is_read_to_the_bit(tmp_path, codec, rate):
    suffix, sample_format = LOSSLESS[codec]
    for channels in LAYOUTS:
        turn = RATES.index(rate) + list(LOSSLESS).index(codec)
        layout = choose_layout(codec, channels, turn)
        file = encode(tmp_path / f"{channels}.{suffix}", codec, sample_format, rate, layout)
        expected, sound = decode(file), read_audio(probe(file))
        assert (sound.sample_rate, sound.samples.shape) == (rate, expected[0].shape), layout
        np.testing.assert_array_equal(sound.samples, expected[0].astype(np.float32), layout)


@pytest.mark.parametrize("codec", LOSSY)
def test_sound_with_loss_is_what_another_decoder_hears(tmp_path, codec):
    suffix, sample_format, rates, most = LOSSY[codec]
    for rate in rates:
        for channels in range(1, most + 1):
            file = tmp_path / f"{rate}-{channels}.{suffix}"
            encode(file, codec, sample_format, rate, choose_layout(codec, channels, 0))
            (expected, decoded_rate), sound = decode(file), read_audio(probe(file))
            assert sound.sample_rate == decoded_rate
            assert len(sound.samples) == len(expected) == channels, file.name
            assert measure_error(sound.samples, expected, decoded_rate) < 1e-3, file.name


def see_one_face(image):
    del image
    points = np.array([[64, 48], [96, 48], [80, 66], [68, 84], [92, 84]], np.float32)
    return [Face(np.array([50, 20, 110, 100], np.float32), points, 0.99)]


@pytest.fixture(scope="module")
def separator(tmp_path_factory, make_separator):
    torch.manual_seed(0)
    weights = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_model(SeparationNetwork(TINY), weights)
    return make_separator(weights, see_one_face)


@pytest.mark.parametrize(
    ("codec", "rate", "layout"),
    [
        ("flac", 48000, "5.1"),
        ("flac", 96000, "stereo"),
        ("flac", 44100, "3.0"),
        ("pcm_s24le", 48000, "2.1"),
        ("pcm_s24le", 192000, "7.1(wide)"),
    ],
)
def test_voices_and_rest_are_the_recording_as_another_decoder_hears_it(
    make_media, separator, tmp_path, codec, rate, layout
):
    suffix, sample_format = LOSSLESS[codec]
    sound = encode(tmp_path / f"sound.{suffix}", codec, sample_format, rate, layout)
    picture = ("-f", "lavfi", "-i", "color=gray:size=160x120:duration=1:rate=25")
    source = make_media(f"a.{suffix}", *picture, "-i", sound, "-c:v", "mpeg4", "-c:a", "copy")
    expected, _ = decode(source)
    folder = split(source, tmp_path / "out", separator, Options(video=True)).folder
    voice, rest = (
        soundfile.read(folder / f"{name}.wav", always_2d=True)[0].T
        for name in ("speaker-1", "rest")
    )
    np.testing.assert_allclose((voice + rest)[:, : expected.shape[1]], expected, atol=1e-5)
    kept, _ = decode(folder / f"speaker-1.{'mkv' if len(expected) > 2 else suffix}")
    gain = np.sqrt(np.square(kept).sum(1) / np.square(voice).sum(1))
    np.testing.assert_allclose(gain, gain.mean(), rtol=0.05)


@pytest.mark.parametrize("channels", [1, 2, 3, 6, 8, 16])
def test_every_channel_is_heard_in_the_report(tmp_path, channels):
    time = np.arange(48_000) / 48_000
    tones = [0.3 * np.sin(2 * np.pi * (400 + 200 * n) * time) for n in range(channels)]
    soundfile.write(tmp_path / "voice.wav", np.stack(tones, 1), 48_000, "FLOAT")
    copy_sounds([SoundCopy(tmp_path / "voice.wav", tmp_path / "voice.ogg")])
    heard, rate = decode(tmp_path / "voice.ogg")
    spectrum = np.abs(np.fft.rfft(heard[0, rate // 4 : 3 * rate // 4]))
    levels = spectrum[[(400 + 200 * n) // 2 for n in range(channels)]]
    assert levels.min() > 0.8 * levels.max()
