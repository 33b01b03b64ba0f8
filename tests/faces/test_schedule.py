from __future__ import annotations

import numpy as np

from avsep.faces.schedule import Scope, SearchConfig, SearchSchedule
from avsep.faces.tracks import Trail

SHAPE = (480, 640, 3)
GAP = 12


def seen_until(stop, start=0):
    """Somebody at rest whose face was last seen in the frame before that."""
    points = [[110, 110], [140, 110], [125, 125], [112, 140], [138, 140]]
    row = np.array([100, 100, 150, 150, *np.ravel(points)], np.float32)
    return Trail(1, 0, start, [row] * (stop - start), [0.99, 0.99], np.ones(1, np.float32))


def run(stops, config, frames):
    """Scopes by frame, where somebody is found up to a frame and missed from then on."""
    schedule, scopes = SearchSchedule(config, GAP), {}
    for frame in range(frames):
        if schedule.is_due(frame):
            before = [seen_until(min(frame, stops))] if frame else []
            scopes[frame] = schedule.begin(frame, before, SHAPE)
            schedule.finish(frame, [seen_until(min(frame + 1, stops))])
    return scopes


def test_a_shot_begins_with_a_thorough_search():
    schedule = SearchSchedule(SearchConfig(), GAP)
    assert schedule.begin(0, [], SHAPE) is Scope.THOROUGH
    schedule.finish(0, [])
    assert not schedule.is_due(1)
    schedule.restart(1)
    assert schedule.is_due(1)
    assert schedule.begin(1, [], SHAPE) is Scope.THOROUGH


def test_between_searches_of_the_whole_frame_it_is_looked_near_people():
    scopes = run(100, SearchConfig(still_interval=3, thorough_interval=30), 31)
    assert list(scopes) == list(range(0, 31, 3))
    wide = [frame for frame, scope in scopes.items() if scope is Scope.WIDE]
    assert wide == [6, 12, 18, 24]
    assert [frame for frame, scope in scopes.items() if scope is Scope.THOROUGH] == [0, 30]


def test_who_is_missed_is_looked_for_everywhere_before_they_are_given_up():
    scopes = run(10, SearchConfig(still_interval=3), 22)
    assert scopes[9] is Scope.NEAR
    assert scopes[12] is Scope.WIDE
    thorough = [frame for frame, scope in scopes.items() if scope is Scope.THOROUGH]
    assert thorough[0] == 0
    assert 10 < thorough[1] <= 10 + GAP
