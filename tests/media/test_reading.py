from __future__ import annotations

import logging
from contextlib import contextmanager

import numpy as np
import pytest
import soundfile

from avsep.errors import MediaError
from avsep.media import reading as media
from avsep.media.probing import probe
from avsep.media.reading import extract_audio, read_audio, read_frames

ODD_NAMES = [
    "two words.mp4",
    "[bold]brackets[1].mp4",
    'it\'s "quoted".mp4',
    "%03d percent %s.mp4",
    "gespräch 会话 🎤.mp4",
    "new\nline.mp4",
    "-i.mp4",
    "a:b;c|d&e$f.mp4",
    "http:example.mp4",
    "no-suffix",
]


def loudest(sound, start, stop):
    """Find the largest sample between two times in seconds."""
    rate = sound.sample_rate
    return np.abs(sound.samples[:, round(start * rate) : round(stop * rate)]).max()


def pitch(samples, sample_rate):
    """Find the strongest frequency in Hz."""
    return np.argmax(np.abs(np.fft.rfft(samples))) * sample_rate / len(samples)


def test_a_late_sound_stays_late(late_sound_clip):
    sound = read_audio(probe(late_sound_clip))
    assert loudest(sound, 0, 0.67) < 1e-4
    assert loudest(sound, 0.72, 0.8) > 0.05


def test_sound_that_begins_before_the_pictures_is_whole(late_picture_clip):
    sound = read_audio(probe(late_picture_clip))
    assert loudest(sound, 0.03, 0.1) > 0.05
    assert sound.samples.shape[1] == pytest.approx(2 * 44100, abs=3000)


def test_a_gap_in_the_sound_stays_a_gap(make_media, tone):
    holes = ("-af", "asetnsamples=441,aselect='not(between(t,0.5,1))'", "-c:a", "pcm_s16le")
    sound = read_audio(probe(make_media("gap.mkv", "-i", tone, *holes)))
    assert loudest(sound, 0.55, 0.95) < 1e-4
    assert loudest(sound, 1.05, 1.1) > 0.05
    assert sound.samples.shape[1] == pytest.approx(2 * 44100, abs=2100)


def test_channels_that_change_midway_do_not_shift_the_sound(make_media, tone):
    stereo = make_media("stereo.ts", "-i", tone, "-ac", "2", "-c:a", "ac3")
    later = ("-ar", "48000", "-ac", "6", "-c:a", "ac3", "-output_ts_offset", "2.2")
    surround = make_media("surround.ts", "-i", tone, *later)
    joined = stereo.with_name("joined.ts")
    joined.write_bytes(stereo.read_bytes() + surround.read_bytes())
    sound = read_audio(probe(joined))
    assert sound.samples.shape[1] / sound.sample_rate == pytest.approx(4.2, abs=0.05)


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (22050, 2), (96000, 2)])
def test_rate_and_channels_of_the_source_are_kept(make_media, tone, rate, channels):
    file = make_media(f"{rate}.flac", "-i", tone, "-ar", str(rate), "-ac", str(channels))
    sound = read_audio(probe(file))
    assert sound.sample_rate == rate
    assert sound.samples.shape == (channels, 2 * rate)


def test_the_channels_of_a_surround_sound_keep_their_order(surround_clip):
    sound = read_audio(probe(surround_clip))
    assert sound.samples.shape == (6, 96000)
    assert [pitch(samples, 48000) for samples in sound.samples] == pytest.approx(
        [200, 400, 600, 800, 1000, 1200]
    )


def test_sound_without_loss_is_read_bit_for_bit(make_media, tone):
    compressed = make_media("exact.flac", "-i", tone)
    samples, _ = soundfile.read(tone, dtype="float32")
    assert np.array_equal(read_audio(probe(compressed)).samples[0], samples)


def test_sound_is_mixed_and_resampled_when_asked(surround_clip):
    sound = read_audio(probe(surround_clip), 16000, mono=True)
    assert sound.samples.shape == (1, 32000)
    assert sound.sample_rate == 16000


def test_the_default_sound_is_the_one_that_is_read(two_sounds_clip):
    sound = read_audio(probe(two_sounds_clip))
    assert pitch(sound.samples[0], sound.sample_rate) == pytest.approx(880)


def test_extracted_sound_can_be_read_in_blocks(clip, tmp_path):
    samples = extract_audio(probe(clip), tmp_path / "sound.wav")
    with soundfile.SoundFile(tmp_path / "sound.wav") as file:
        assert (file.format, file.subtype, file.samplerate) == ("RF64", "FLOAT", 44100)
        assert sum(len(block) for block in file.blocks(4096)) == samples == file.frames


def test_a_file_without_sound_is_refused_where_sound_is_needed(silent_clip, tmp_path):
    with pytest.raises(MediaError, match="has no audio stream"):
        extract_audio(probe(silent_clip), tmp_path / "sound.wav")


def test_a_sound_cut_off_is_read_up_to_there(cut_off_clip, caplog):
    sound = read_audio(probe(cut_off_clip))
    assert 0.5 < sound.samples.shape[1] / sound.sample_rate < 1.5
    assert "the sound is damaged" in caplog.text


def test_pictures_are_delivered_one_by_one_in_order(clip, number_of):
    images = list(read_frames(probe(clip)))
    assert [number_of(image) for image in images] == list(range(50))
    assert images[0].shape == (120, 160, 3)
    assert images[0].dtype == np.uint8


def test_pictures_of_any_rate_come_at_their_times(other_rate_clip, number_of):
    numbers = [number_of(image) for image in read_frames(probe(other_rate_clip))]
    assert len(numbers) == pytest.approx(50, abs=1)
    assert max(abs(number - place) for place, number in enumerate(numbers)) <= 1


def test_pictures_at_uneven_times_come_at_their_times(uneven_clip, number_of):
    numbers = [number_of(image) for image in read_frames(probe(uneven_clip))]
    shown = [number for place, number in enumerate(numbers) if not 12 <= place < 25]
    places = [place for place in range(len(numbers)) if not 12 <= place < 25]
    assert len(numbers) == pytest.approx(50, abs=1)
    assert max(abs(number - place) for number, place in zip(shown, places, strict=True)) <= 1
    assert set(numbers[13:24]) == {12}  # the last one before the gap is held


def test_a_late_picture_keeps_step_with_the_sound(late_picture_clip, number_of):
    numbers = [number_of(image) for image in read_frames(probe(late_picture_clip))]
    late = numbers.index(1) - 1
    assert late == pytest.approx(18, abs=1)
    assert numbers == [0] * late + list(range(50))


def test_a_sound_that_goes_on_adds_no_pictures(long_sound_clip):
    assert len(list(read_frames(probe(long_sound_clip)))) == 50


def test_a_phone_video_is_turned_upright(phone_clip):
    image = next(read_frames(probe(phone_clip)))
    assert image.shape == (160, 120, 3)
    assert image[:70].min() > 200
    assert image[90:].max() < 50


def test_pictures_have_square_pixels(wide_clip):
    assert next(read_frames(probe(wide_clip))).shape == (90, 160, 3)


@pytest.mark.parametrize(("says_so", "combed"), [(True, False), (False, True)])
def test_fields_are_woven_apart_only_where_the_stream_says_so(make_media, says_so, combed):
    # A moving bar is elsewhere in the second field: its edges become combs.
    bar = "geq=lum='16+219*between(X,3*N,3*N+30)':cb=128:cr=128"
    source = f"nullsrc=size=160x120:rate=50:duration=1,{bar}"
    mark = "setfield=tff" if says_so else "setfield=prog"
    flags = ("-flags", "+ildct+ilme") if says_so else ()
    kind = ("-vf", f"tinterlace=interleave_top,{mark}", "-c:v", "mpeg2video", "-q:v", "2")
    file = make_media(f"fields-{says_so}.mpg", "-f", "lavfi", "-i", source, *kind, *flags)
    image = list(read_frames(probe(file)))[10].astype(float)
    assert (np.abs(np.diff(image[:, :, 1], axis=0)).mean() > 4) == combed


def test_large_pictures_are_scaled_down_when_asked(clip):
    assert next(read_frames(probe(clip), max_height=60)).shape == (60, 80, 3)


def test_small_pictures_are_not_scaled_up(clip):
    assert next(read_frames(probe(clip), max_height=1080)).shape == (120, 160, 3)


def test_pictures_that_change_their_size_midway_keep_size_and_time(make_media, clip, number_of):
    small = make_media("small.ts", "-i", clip, "-an", "-c", "copy")
    settings = ("-an", "-s", "320x240", "-c:v", "libx264", "-bf", "0")
    large = make_media("large.ts", "-i", clip, *settings, "-output_ts_offset", "2")
    joined = small.with_name("sizes.ts")
    joined.write_bytes(small.read_bytes() + large.read_bytes())
    images = list(read_frames(probe(joined)))
    assert {image.shape for image in images} == {(120, 160, 3)}
    assert len(images) == pytest.approx(100, abs=2)
    assert number_of(images[-1]) == 49


def test_a_file_without_pictures_is_refused_at_once(tone):
    with pytest.raises(MediaError, match="has no pictures"):
        read_frames(probe(tone))


def test_pictures_cut_off_are_delivered_up_to_there(cut_off_clip, caplog):
    with caplog.at_level(logging.WARNING):
        images = list(read_frames(probe(cut_off_clip)))
    assert 10 < len(images) < 50
    assert "the pictures are damaged" in caplog.text


def test_pictures_that_cannot_be_decoded_at_all_are_refused(clip, tmp_path):
    content = bytearray(clip.read_bytes())
    info = probe(clip)
    start = content.index(b"mdat") + 4
    content[start : content.index(b"moov") - 4] = bytes(content.index(b"moov") - 4 - start)
    clip_without_content = tmp_path / "hollow.mp4"
    clip_without_content.write_bytes(content)
    with pytest.raises(MediaError, match="cannot be read"):
        next(read_frames(probe(clip_without_content)))
    assert info.has_video


def test_the_decoder_ends_when_the_pictures_are_closed(clip, monkeypatch):
    started = []

    @contextmanager
    def remembering(arguments):
        with running(arguments) as (process, complaints):
            started.append(process)
            yield process, complaints

    running = media.running
    monkeypatch.setattr(media, "running", remembering)
    images = read_frames(probe(clip))
    next(images)
    assert started[0].returncode is None
    images.close()
    assert started[0].returncode is not None


@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_name_can_be_read(clip, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    file = tmp_path.__class__(name)
    file.write_bytes(clip.read_bytes())
    info = probe(file)
    assert next(read_frames(info)).shape == (120, 160, 3)
    assert read_audio(info).samples.shape[0] == 2
