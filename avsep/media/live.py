"""A recording that is still arriving: its bytes go in, frames and sound come out as they come."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Full, Queue
from typing import IO, Any

import ffmpeg
import numpy as np

from avsep.arrays import Sound
from avsep.errors import MediaError
from avsep.media.ffmpeg import SAFELY, ffmpeg_command, read_words, unreadable
from avsep.media.picture import AS_PICTURES, Picture, PictureReader
from avsep.media.probing import MediaInfo
from avsep.media.samples import mend_samples
from avsep.media.shown import DECODER_THREADS, UNBROKEN, as_shown

WAITING = 25  # frames that are decoded ahead
TICK = 0.2  # seconds after which a thread looks whether it is still wanted
READ_AT_ONCE = 2**16  # bytes of sound
BYTES = 4  # of a sample in 32-bit float
# How much of a recording ffmpeg looks at before it begins: more would come late, and would tell
# of no stream that `avsep.media.probing.probe` has not seen.
LOOKED_AT = {"analyzeduration": 1_500_000, "probesize": 2_000_000}
# Samples by their time stamps: silence for a late start and for gaps. What is less than these
# seconds out of place may be due to stamps that are unsteady.
IN_TIME = {"async": 1, "first_pts": 0, "min_hard_comp": 0.03}


def find_time_zero(info: MediaInfo) -> float | None:
    """Second of the container's clock that is time 0; None where ffmpeg has to find it.

    A fragment holds seconds of one stream before the first of the other, so that ffmpeg would
    begin with the one that it sees first. Transport streams are finely mixed, and their clocks
    may jump, which ffmpeg makes up for only if it counts by itself.
    """
    return info.zero if info.container.is_indexed else None


def _join(streams: Sequence[Any]) -> Any:  # noqa: ANN401 - the builder has no types
    """Streams of one channel each, the microphones of a recording, as one of several."""
    if len(streams) == 1:
        return streams[0]
    alike = [each.filter("aformat", sample_fmts="flt", channel_layouts="mono") for each in streams]
    return ffmpeg.filter(alike, "amerge", inputs=len(alike))


class LiveDecoder:
    """One ffmpeg that is fed with a recording while that arrives.

    Frames and samples belong to the same times as those of `avsep.media.reading`.

    Attributes:
        decoded: Frames that have been decoded so far.
        is_cut: Whether somebody has ended the feed: then nothing that lacks is a fault.
        fault: Why the frames ended before their time; None if they didn't.
    """

    def __init__(self, info: MediaInfo, feed: Callable[[], bytes]) -> None:
        """Take it as a recording that `probe` has looked at.

        Args:
            info: What it holds.
            feed: Gives its next bytes, waiting for them; none at its end.
        """
        self.decoded = 0
        self.is_cut = False
        self.fault: MediaError | None = None
        self._info, self._feed = info, feed
        self._pictures: Queue[Picture | None] = Queue(WAITING)
        self._over = threading.Event()
        self._failures: list[Exception] = []

    @contextmanager
    def running(
        self, sample_rate: int, hear: Callable[[Sound], None]
    ) -> Iterator[Iterator[Picture]]:
        """Decode for as long as the block lasts.

        Args:
            sample_rate: Of the sound, Hz.
            hear: Takes its blocks, (channels, samples), in another thread.

        Yields:
            The frames, as `avsep.media.reading.read_pictures` gives them.
        """
        sound, tail = os.pipe()
        with (
            tempfile.TemporaryDirectory() as folder,
            tempfile.TemporaryFile() as complaints,
            subprocess.Popen(
                self._write_command(sample_rate, tail, Path(folder)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                pass_fds=[tail],
                start_new_session=True,  # Ctrl+C is not meant for it: it has to finish
            ) as process,
        ):
            os.close(tail)
            assert process.stdin is not None
            assert process.stdout is not None
            threads = [
                self._start(self._feed_into, process.stdin),
                self._start(self._watch, process.stdout),
                self._start(self._listen, sound, hear),
            ]
            try:
                yield self._give_pictures(process, threads, complaints)
            finally:
                self._over.set()
                process.kill()
                for thread in threads[1:]:
                    thread.join()

    def _write_command(self, sample_rate: int, tail: int, folder: Path) -> list[str]:
        info = self._info
        assert info.video is not None
        start = find_time_zero(info)
        how = {"threads": DECODER_THREADS, **UNBROKEN, **LOOKED_AT, **SAFELY}
        source = ffmpeg.input("pipe:0", **how, **({} if start is None else {"copyts": None}))
        size = info.width, info.height
        frames = as_shown(source, info.video, size, folder, start=start or 0.0)
        channels = [
            source[str(stream.index)]
            .filter("asetpts", f"PTS-{start or 0.0:.6f}/TB")
            .filter("aresample", sample_rate, **IN_TIME)
            for stream in info.heard
        ]
        sound = _join(channels)
        return ffmpeg_command(
            frames.output("pipe:1", **AS_PICTURES),
            sound.output(f"pipe:{tail}", format="f32le", acodec="pcm_f32le", ar=sample_rate),
        )

    def _start(self, do: Callable[..., None], *what: Any) -> threading.Thread:  # noqa: ANN401
        """Do something beside; what it fails with is raised where the pictures are given."""

        def attempt() -> None:
            try:
                do(*what)
            except Exception as error:  # noqa: BLE001 - raised in another thread
                self._failures.append(error)

        thread = threading.Thread(target=attempt, daemon=True)
        thread.start()
        return thread

    def _feed_into(self, pipe: IO[bytes]) -> None:
        try:
            with suppress(BrokenPipeError, ValueError):  # it has given up, or was ended
                while data := self._feed():
                    pipe.write(data)
                    pipe.flush()
        finally:
            with suppress(BrokenPipeError):
                pipe.close()

    def _watch(self, pipe: IO[bytes]) -> None:
        info = self._info
        assert info.video is not None
        reader = PictureReader(info.height, info.width, info.video.colours.shown)
        try:
            while not self._over.is_set() and (picture := reader.read(pipe)) is not None:
                self._hand_on(picture)
                self.decoded += 1
        finally:
            self._hand_on(None)

    def _hand_on(self, picture: Picture | None) -> None:
        while not self._over.is_set():
            with suppress(Full):
                self._pictures.put(picture, timeout=TICK)
                return

    def _listen(self, pipe: int, hear: Callable[[Sound], None]) -> None:
        size = BYTES * self._info.channels
        rest = b""
        with open(pipe, "rb", buffering=0) as file:
            while data := file.read(READ_AT_ONCE):
                data = rest + data
                whole = len(data) // size * size
                rest = data[whole:]
                samples = np.frombuffer(data[:whole], np.float32).copy()
                mend_samples(samples)
                hear(np.ascontiguousarray(samples.reshape(-1, self._info.channels).T))

    def _give_pictures(
        self, process: subprocess.Popen[bytes], threads: list[Any], complaints: IO[bytes]
    ) -> Iterator[Picture]:
        given = 0
        while (picture := self._next_picture()) is not None:
            given += 1
            yield picture
        if not self._failures:
            threads[-1].join()  # all the sound is heard, too
        if self._failures:
            raise self._failures[0]
        code, words = process.wait(), read_words(complaints)
        if self.is_cut:
            return
        if not given:
            raise unreadable(self._info.path, words)
        if code:
            self.fault = MediaError(
                f"{self._info.path} can't be read any further: {words or 'ffmpeg gave no reason'}",
                hint="What had come until then is finished.",
            )

    def _next_picture(self) -> Picture | None:
        while True:
            with suppress(Empty):
                return self._pictures.get(timeout=TICK)
