"""What arrives is decoded to the frames and samples that the finished file has."""

from __future__ import annotations

import numpy as np
import pytest

from avsep.errors import MediaError
from avsep.media.live import LiveDecoder
from avsep.media.probing import probe
from avsep.media.reading import read_audio, read_pictures

FRAGMENTED = ("-movflags", "frag_keyframe+empty_moov+default_base_moof")
COPIED = ("-c", "copy")


def stack(pictures):
    return np.stack([np.concatenate([p.ravel() for p in each.planes]) for each in pictures])


def decode(path, *, at_once=5000):
    """Feed a file piece by piece: its frames, and its sound."""
    info, blocks = probe(path, closely=False), []
    with path.open("rb") as file:
        decoder = LiveDecoder(info, lambda: file.read(at_once))
        with decoder.running(info.sample_rate, blocks.append) as pictures:
            frames = stack(pictures)
    return frames, np.concatenate(blocks, axis=1)


@pytest.mark.parametrize("kind", ["ts", "mp4", "mkv"])
@pytest.mark.parametrize("late", [(), ("-itsoffset", "0.7")], ids=["in step", "late"])
def test_frames_and_samples_are_those_of_the_finished_file(clip, make_media, kind, late):
    both = ("-i", clip, *late, "-i", clip, "-map", "0:v", "-map", "1:a", *COPIED)
    path = make_media(f"growing.{kind}", *both, *(FRAGMENTED if kind == "mp4" else ()))
    info = probe(path)
    frames, sound = decode(path)
    expected = read_audio(info).samples
    assert (frames == stack(read_pictures(info))).all()
    assert sound.shape == expected.shape
    assert np.abs(sound - expected).max() < 1e-6


def test_several_microphones_are_heard_as_channels(make_media):
    tones = [f"sine=frequency={hertz}:sample_rate=48000:duration=2" for hertz in (300, 500)]
    inputs = [word for tone in tones for word in ("-f", "lavfi", "-i", tone)]
    picture = ("-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=2")
    mapped = ("-map", "0", "-map", "1", "-map", "2", "-c:v", "libx264", "-c:a", "aac")
    path = make_media("two.ts", *picture, *inputs, *mapped)
    _, sound = decode(path)
    powers = np.abs(np.fft.rfft(sound[:, 24_000:72_000]))
    assert powers.argmax(1).tolist() == [300, 500]


def test_what_is_broken_off_gives_what_had_come_and_what_is_nothing_is_refused(clip, make_media):
    path = make_media("whole.ts", "-i", clip, *COPIED)
    info, data = probe(path), path.read_bytes()
    pieces = iter([data[: len(data) // 2], b""])
    with LiveDecoder(info, lambda: next(pieces)).running(44_100, lambda _: None) as images:
        assert 10 < len(list(images)) < 50
    pieces = iter([b"no recording" * 1000, b""])
    with (
        LiveDecoder(info, lambda: next(pieces)).running(44_100, lambda _: None) as images,
        pytest.raises(MediaError, match="cannot be read"),
    ):
        next(images)


@pytest.mark.parametrize("failing", ["feed", "hear"])
def test_what_fails_beside_is_raised_where_the_pictures_are_taken(clip, make_media, failing):
    path = make_media("whole.ts", "-i", clip, *COPIED)
    info, pieces = probe(path), iter([path.read_bytes()[:100_000], b""])

    def feed():
        if failing == "feed":
            raise OSError("the disk is gone")
        return next(pieces)

    def hear(_):
        raise OSError("the disk is gone")

    with (
        LiveDecoder(info, feed).running(44_100, hear) as images,
        pytest.raises(OSError, match="the disk is gone"),
    ):
        list(images)
