"""The story of one recording that arrives, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np

from avsep.arrays import Sound
from avsep.errors import MediaError
from avsep.faces.cast import Cast, Known
from avsep.faces.people import Person
from avsep.faces.scan import Looking
from avsep.faces.shots import mark_cuts
from avsep.follow.feed import Feed
from avsep.follow.lag import Lag
from avsep.follow.listener import Listener
from avsep.follow.pace import Pace, tell_change
from avsep.follow.sound import Beginning, RecentSound
from avsep.follow.store import Store
from avsep.follow.turns import Turns
from avsep.follow.watching import SIDE, Watcher
from avsep.kit import Kit
from avsep.media.live import LiveDecoder
from avsep.media.picture import Picture
from avsep.media.probing import MediaInfo
from avsep.names import name_speaker
from avsep.separation.activity import measure_mouth
from avsep.separation.chunks import Window
from avsep.separation.comparison import REACH, WINDOW
from avsep.separation.delay import shift
from avsep.separation.enhance import enhance_windows
from avsep.separation.presence import mark_present
from avsep.text import tell_delay
from avsep.timeline import FRAME_RATE

BLOCK = 30  # frames that are made at once: fewer cost more, more come later
# Frames the network may look to each side, if it would look farther. On 24 s of two people voices
# came 5.6 s late at most and were 29 dB from those of `split`.
NETWORK_REACH = 25
BEFORE = 2 * FRAME_RATE  # frames in which faces are followed again before a run goes on
# Frames by which the sound may lag behind the pictures before silence stands for it. Fragments of
# MP4, which are often 10 s long, hold all their pictures before their sound.
LATE = 15 * FRAME_RATE
KEPT = FRAME_RATE  # frames of lips that are kept beyond what is surely wanted


class Follower:
    """The story of one recording that arrives.

    Attributes:
        stopped: Whether it was ended before the recording did.
    """

    def __init__(
        self,
        info: MediaInfo,
        feed: Feed,
        kit: Kit,
        store: Store,
        listener: Listener,
    ) -> None:
        state = store.state
        self.stopped = False
        self._feed, self._store, self._listener = feed, store, listener
        self._engine = kit.engine
        self._context = min(kit.network.config.context, NETWORK_REACH)
        self._first = max(0, state.frames - self._context - SIDE - BEFORE)
        self._sound = RecentSound(state.sample_rate, state.channels)
        self._per_frame = state.sample_rate // FRAME_RATE
        faces = [[np.array(face, np.float32) for face in own] for own in state.faces]
        self._cast = Cast([Known(number, own) for number, own in enumerate(faces, 1)])
        how = Looking(kit.detect, kit.embed, kit.mouth_size)
        self._watcher = Watcher(how, store.private, self._cast, self._first)
        self._turns = Turns.load(state.turns) if state.turns else Turns(0)
        self._pace = Pace()
        self._lag = Lag(kit.network, state.delay)
        self._decoder = LiveDecoder(info, feed.read)
        self._went_on = bool(state.frames)
        self._seen = [[(start, stop) for start, stop in spans] for spans in state.seen]
        self._cuts = list(state.cuts)

    def stop(self) -> None:
        """Finish what has come, and no more."""
        self.stopped = self._decoder.is_cut = True
        self._feed.stop()

    @property
    def fault(self) -> MediaError | None:
        """Why it can't be followed any further, where that isn't its end."""
        return self._feed.fault or self._decoder.fault

    def run(self, source: str) -> None:
        """Follow it to its end, or as far as it can be."""
        state = self._store.state
        begins = {"input": source, "state": "following", "output": str(self._store.folder)}
        self._tell(begins | {"start": state.frames / FRAME_RATE})
        with self._decoder.running(state.sample_rate, self._sound.append) as pictures:
            self._pass_by(pictures)
            for picture, cut in mark_cuts(pictures):
                self._watcher.take(picture, cut=cut)
                self._make_all()
                self._keep_up()
        self.stopped = self.stopped or self.fault is not None
        self._watcher.end()
        self._make_all(over=True)
        self._end()

    def _pass_by(self, pictures: Iterator[Picture]) -> None:
        """Leave out the frames of which an earlier run has taken care."""
        for frame, _ in enumerate(islice(pictures, self._first)):
            if frame % FRAME_RATE == 0:
                self._sound.listen(min(frame, self._sound.frames))

    def _make_all(self, *, over: bool = False) -> None:
        """Make all the voices that can be made by now."""
        while (window := self._find_window(over=over)) is not None:
            self._make(window, over=over)

    def _find_window(self, *, over: bool) -> Window | None:
        """The next window, if all that it takes has come."""
        made = self._store.state.frames
        most = self._measure_all() if over else made + BLOCK + self._context
        keep_stop = min(made + BLOCK, most)
        stop = min(keep_stop + self._context, most)
        if keep_stop <= made or not (over or self._has_come(stop)):
            return None
        settled = self._watcher.settle(self._find_fixed())
        if settled < self._find_needed(stop) and not over:
            return None
        return Window(max(0, made - self._context), stop, made, keep_stop)

    def _find_needed(self, stop: int) -> int:
        """Frames of lips that a window needs: those of a sound that is early come later."""
        return stop + SIDE + max(0, -min(self._lag.delay.all))

    def _has_come(self, stop: int) -> bool:
        """Whether frames and sound are there up to a frame; late sound is not waited for."""
        seen, heard = self._watcher.frames, self._sound.frames
        return seen >= self._find_needed(stop) and (heard >= stop or seen - heard >= LATE)

    def _measure_all(self) -> int:
        """Frames of all that has come; only whole ones where it may be gone on with."""
        seen, heard = self._watcher.frames, self._sound.frames
        if self.stopped and abs(seen - heard) < LATE:
            return min(seen, heard)
        return max(seen, heard if self.stopped else -(-self._sound.samples // self._per_frame))

    def _find_fixed(self) -> int:
        """Frames before which who is seen can't change any more.

        Whoever goes on watches again what an earlier run has seen, too.
        """
        return self._first if self._went_on else self._store.state.frames

    def _make(self, window: Window, *, over: bool) -> None:
        """Make the voices of a window, and tell what is new in it."""
        state = self._store.state
        people = self._find_people(window.start, window.stop)
        self._sound.listen(window.stop)
        samples = window.stop * self._per_frame
        if over and not self.stopped:  # the last frame may have less
            whole = max(self._sound.samples, self._watcher.frames * self._per_frame)
            samples = min(samples, whole)
        heard = Beginning(self._sound, samples)
        start = window.keep_start * self._per_frame
        mixture = heard.read(start, min(window.keep_stop * self._per_frame, samples))
        voices = np.zeros((0, *mixture.shape), np.float32)
        if people:
            (voices,) = enhance_windows(
                self._engine,
                heard,
                people,
                [True] * len(people),
                [window],
                self._sound.measure_gain(),
            )
        found = {person.number: voice for person, voice in zip(people, voices, strict=True)}
        self._take_people()
        self._store.write(found, mixture - voices.sum(0))
        state.frames = window.keep_stop
        self._went_on = False
        behind = max(0.0, self._measure_arrived() - window.keep_start / FRAME_RATE)
        self._measure_speech(window, people, found)
        self._tell_seen(behind)
        self._tell_turns(behind, over=False)
        self._find_lag()
        self._save()
        self._watcher.forget(window.keep_stop - max(self._context, WINDOW) - KEPT)
        self._listener.show(state.frames / FRAME_RATE, behind, len(self._cast.people))

    def _find_people(self, start: int, stop: int) -> list[Person]:
        """Who is seen around some frames of the sound."""
        delay = self._lag.delay
        seen = self._watcher.find_people(start - max(delay.all), stop - min(delay.all))
        return list(shift(seen, delay))

    def _find_lag(self) -> None:
        """Compare lips and sound, to know how late the sound is."""
        if self._lag.stop + REACH > self._store.state.frames:
            return
        people = self._watcher.find_people(self._lag.start, self._lag.stop)
        for number in self._lag.take(people, self._sound):
            steps = [step.seconds for step in self._lag.delay.of(number)]
            told = tell_delay(steps, f"the lips of person {number}")
            self._listener.note(f"{told}: from now on that is made up for")

    def _take_people(self) -> None:
        """Note who has been given a number."""
        state = self._store.state
        state.faces = [[face.tolist() for face in known.faces] for known in self._cast.people]
        while len(self._seen) < len(state.faces):
            self._seen.append([])
            state.boxes.append([])
        for own, _ in self._watcher.list_seen():
            state.boxes[own.number - 1] = state.boxes[own.number - 1] or own.box
        state.left_out += [
            (*span, fault.kind, str(fault)) for span, fault in self._watcher.dropped
        ]
        self._watcher.dropped.clear()

    def _measure_speech(
        self, window: Window, people: list[Person], voices: Mapping[int, Sound]
    ) -> None:
        start, stop = window.keep_start, window.keep_stop
        measures = {}
        for person in people:
            mono = self._sound.mix(voices[person.number])
            frames = np.pad(mono, (0, (stop - start) * self._per_frame - len(mono)))
            power = np.square(frames.reshape(-1, self._per_frame)).mean(1)
            motion = measure_mouth(person, start, stop)
            present = mark_present(person, start, stop, window.stop)
            measures[person.number] = np.stack([power, motion, present]).astype(np.float32)
        self._turns.take(self._sound.get_powers(start, stop), measures)

    def _tell_seen(self, behind: float) -> None:
        for own, (start, stop) in self._watcher.list_seen():
            line = {**_name_person(own.number), "seen": _in_seconds(start, stop)}
            if stop is not None and stop <= self._store.state.frames and not own.over:
                own.told = own.over = True
                self._seen[own.number - 1].append((start, stop))
                self._tell({**line, "behind": round(behind, 2)})
            elif not own.told:
                own.told = True
                line = {**line, "seen": _in_seconds(start, None), "box": own.box}
                self._tell({**line, "behind": round(behind, 2)})

    def _tell_turns(self, behind: float, *, over: bool) -> None:
        for number, (start, stop) in self._turns.tell(self._sound.find_loud(), over=over):
            line = {**_name_person(number), "speaking": _in_seconds(start, stop)}
            self._tell({**line, "behind": round(behind, 2)})

    def _tell(self, line: Mapping[str, Any]) -> None:
        self._store.tell(line)
        self._listener.tell(line)

    def _save(self) -> None:
        state = self._store.state
        state.turns, state.delay = self._turns.dump(), self._lag.dump()
        state.cuts = sorted({*self._cuts, *self._watcher.cuts})
        state.seen = [list(spans) for spans in self._seen]
        for own, (start, stop) in self._watcher.list_seen():
            until = min(state.frames, state.frames if stop is None else stop)
            if not own.over and start < until:
                state.seen[own.number - 1].append((start, until))
        self._store.save()

    def _measure_arrived(self) -> float:
        """Seconds of the recording that have come."""
        decoded = self._decoder.decoded
        waiting = self._feed.arrived - self._feed.taken
        return decoded * (1 + waiting / max(self._feed.taken, 1)) / FRAME_RATE

    def _keep_up(self) -> None:
        """Look for faces less often where the machine is too slow."""
        taken, before = self._watcher.frames / FRAME_RATE, self._pace.level
        rate = self._feed.taken / max(self._decoder.decoded, 1) * FRAME_RATE  # bytes a second
        config = self._pace.choose(self._feed.arrived, rate, self._measure_arrived() - taken)
        if config is None:
            return
        self._watcher.search_as(config)
        self._listener.note(tell_change(taken, less=self._pace.level > before))

    def _end(self) -> None:
        self._take_people()
        self._tell_seen(0.0)
        # A turn that is cut by an interruption goes on when the recording is gone on with.
        self._tell_turns(0.0, over=not (self.stopped and self._store.state.known))
        self._save()


def _name_person(number: int) -> dict[str, Any]:
    return {"number": number, "name": name_speaker(number)}


def _in_seconds(start: int, stop: int | None) -> list[float | None]:
    return [start / FRAME_RATE, None if stop is None else stop / FRAME_RATE]
