"""Where decoded samples are put: a click stays at its time, whatever lacks before it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import correlate

from avsep.media.ffmpeg import find_tool, run_tool
from avsep.media.probing import probe
from avsep.media.reading import read_audio
from avsep.media.timing import Run, place_samples

RATE = 48_000
PACKET = 960  # samples, 20 ms


def place(times, rate=RATE, packet=PACKET):
    """Runs of packets that begin at these times, in samples."""
    stamps = np.array(times, np.int64)
    return place_samples(stamps, np.full(len(stamps), packet, np.int64), rate)


def wander(packets, reach, seed=0):
    """Packets timed at their arrival, too late or early by up to some samples."""
    noise = np.random.default_rng(seed).integers(-reach, reach + 1, packets)
    return np.arange(packets) * PACKET + reach + noise


def test_packets_without_a_hole_are_one_run():
    assert place(np.arange(100) * PACKET) == [Run(0, 0, 100 * PACKET)]


@given(lost=st.sets(st.integers(1, 299), max_size=60))
def test_every_packet_lies_at_its_time_whatever_is_lost(lost):
    numbers = [number for number in range(300) if number not in lost]
    placed = {}
    for run in place(np.array(numbers) * PACKET):
        for offset in range(0, run.samples, PACKET):
            placed[(run.source + offset) // PACKET] = run.position + offset
    assert [placed[place] for place in range(len(numbers))] == [n * PACKET for n in numbers]


def test_stamps_rounded_to_milliseconds_tear_no_hole():
    stamps = np.round(np.arange(500) * 1024 / 44.1) * 44.1
    assert len(place(np.round(stamps), 44_100, 1024)) == 1


def test_unsteady_stamps_do_not_shred_the_sound():
    runs = place(wander(3000, 500))
    assert len(runs) <= 3
    assert abs(runs[-1].position - runs[-1].source - 500) < 600


def test_a_hole_among_unsteady_stamps_is_found():
    stamps = wander(600, 300)
    stamps[300:] += 10 * PACKET
    last = place(stamps)[-1]
    assert last.position - last.source == pytest.approx(10 * PACKET + 300, abs=600)


def test_a_clock_that_runs_away_is_followed():
    stamps = (np.arange(5000) * PACKET * 1.001).astype(int)
    late = max(
        abs(run.source * 1.001 - run.position) + 0.001 * run.samples for run in place(stamps)
    )
    assert late < 0.03 * RATE


def test_what_overlaps_is_cut_from_what_comes_later():
    assert place([0, PACKET, PACKET + 400, 2 * PACKET + 400]) == [
        Run(0, 0, 2 * PACKET),
        Run(2 * PACKET + 560, 2 * PACKET, 2 * PACKET - 560),
    ]


def test_nothing_lies_before_time_zero():
    assert place([-400, 560]) == [Run(400, 0, 2 * PACKET - 400)]


@pytest.mark.parametrize("hole", [0.02, 0.035, 0.06, 0.1])
@pytest.mark.parametrize("kind", [("mkv", "pcm_s16le"), ("nut", "flac")])
def test_a_click_after_holes_stays_at_its_time(make_media, hole, kind):
    suffix, codec = kind
    clicks = "aevalsrc='if(lt(mod(t,0.5),0.001),0.9,0)':sample_rate=48000:duration=6"
    packets = f"asetnsamples=240,aselect='gt(mod(t+0.25,1),{hole})'"
    how = ("-af", packets, "-c:a", codec)
    made = make_media(f"holes.{suffix}", "-f", "lavfi", "-i", clicks, *how)
    samples = read_audio(probe(made)).samples[0]
    starts = np.flatnonzero(np.diff((samples > 0.3).astype(int)) == 1) / RATE
    assert len(starts) >= 11
    assert np.abs(starts - np.round(starts * 2) / 2).max() < 0.002


def find_lag(heard, truth, time):
    """Seconds by which half a second of the truth is found late."""
    piece = truth[round(time * RATE) : round((time + 0.5) * RATE)]
    around = heard[round((time - 0.3) * RATE) : round((time + 0.8) * RATE)]
    return correlate(around, piece, "valid", "fft").argmax() / RATE - 0.3


def read_start(path):
    """The first time stamp of a file, in seconds."""
    asked = ["-show_entries", "format=start_time", "-of", "csv=p=0"]
    command = [str(find_tool("ffprobe")), "-v", "error", *asked, f"file:{path}"]
    return float(run_tool(command).output)


NOISE = ("-f", "lavfi", "-i", "anoisesrc=seed=3:duration=6:sample_rate=48000,lowpass=4000")
KINDS = {
    "ts": ("-c:a", "mp2"),
    "mp4": ("-c:a", "aac"),
    "mkv": ("-c:a", "libopus"),
    "flv": ("-c:a", "libmp3lame"),
    "asf": ("-c:a", "wmav2"),
}


@pytest.mark.parametrize("suffix", KINDS)
def test_lost_packets_leave_the_later_ones_at_their_time(make_media, suffix):
    whole = make_media(f"whole.{suffix}", *NOISE, *KINDS[suffix])
    lossy = ("-c", "copy", "-bsf:a", "noise=drop='lt(mod(n,50),2)*gt(n,9)'")
    holes = make_media(f"holes.{suffix}", "-i", whole, *lossy)
    truth, heard = (read_audio(probe(path)).samples[0] for path in (whole, holes))
    lags = [find_lag(heard, truth, time) for time in (0.4, 1.4, 2.5, 3.6, 4.7)]
    assert np.abs(lags).max() < 0.002


@pytest.mark.parametrize("pause", [0.02, 0.05, 0.09])
def test_two_transport_streams_with_a_hole_at_their_joint_keep_time(make_media, pause):
    how = (*NOISE, "-t", "3", "-c:a", "mp2")
    first = make_media("part.ts", *how)
    length = read_audio(probe(first)).samples.shape[1] / RATE
    second = make_media("part.ts", *how, "-output_ts_offset", f"{length + pause:.6f}")
    joined = first.with_name("joined.ts")
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    one, both = (read_audio(probe(path)).samples[0] for path in (first, joined))
    # A coder's own delay moves the stamps of the second part a little.
    hole = read_start(second) - read_start(first) - length
    truth = np.concatenate([one, np.zeros(round(hole * RATE), np.float32), one])
    assert np.abs([find_lag(both, truth, time) for time in (1, 3.5, 5)]).max() < 0.002
