from __future__ import annotations

import cv2
import numpy as np
import pytest

from avsep.errors import OutputError, SettingError
from avsep.faces.people import LipClip, People, Person
from avsep.faces.portraits import name_portrait
from avsep.faces.tracks import Track
from avsep.outputs.contact_sheet import (
    ACCENT,
    CELL,
    check_sheet,
    draw_sheet,
    write_sheet,
)


def portrait(level: int) -> np.ndarray:
    return np.full((160, 160, 3), level, np.uint8)


def lip_clip(person: int, start: int, stop: int, path) -> LipClip:
    frames = stop - start
    boxes, points = np.zeros((frames, 4), "f4"), np.zeros((frames, 5, 2), "f4")
    file = path / f"{person}-{start}.raw"
    portrait(frames).tofile(name_portrait(file))
    return LipClip(Track(person, start, boxes, points, 0), file, 80)


def somebody(path, number: int, *spans: tuple[int, int]) -> Person:
    return Person(number, tuple(lip_clip(number, *span, path) for span in spans))


def test_everybody_is_listed_once_with_all_their_times(tmp_path):
    clips = (
        lip_clip(1, 50, 75, tmp_path),
        lip_clip(2, 0, 50, tmp_path),
        lip_clip(1, 0, 40, tmp_path),
    )
    first, second = People(clips, (), 100, ()).persons
    assert (first.number, first.name, second.number) == (1, "speaker-1", 2)
    assert first.times == [(0, 1.6), (2, 3)]
    assert first.seconds == 2.6


def test_times_on_both_sides_of_a_cut_are_one(tmp_path):
    clips = (lip_clip(1, 40, 75, tmp_path), lip_clip(1, 0, 40, tmp_path))
    (person,) = People(clips, (), 100, (40,)).persons
    assert person.spans == ((0, 75),)


def test_the_longest_appearance_lends_the_portrait(tmp_path):
    clips = (lip_clip(1, 50, 75, tmp_path), lip_clip(1, 0, 40, tmp_path))
    (person,) = People(clips, (), 100, ()).persons
    assert person.portrait[0, 0, 0] == 40


@pytest.mark.parametrize(("people", "columns", "rows"), [(1, 1, 1), (5, 5, 1), (7, 5, 2)])
def test_a_sheet_has_a_cell_for_everybody(tmp_path, people, columns, rows):
    sheet = draw_sheet([somebody(tmp_path, n, (0, 10)) for n in range(1, people + 1)], 10)
    assert sheet.shape == (rows * CELL[1], columns * CELL[0], 3)


def test_the_line_of_time_is_thick_where_somebody_is_seen(tmp_path):
    sheet = draw_sheet([somebody(tmp_path, 1, (0, 25), (75, 100))], 100)
    marked = (sheet == ACCENT).all(axis=2).any(axis=0)
    assert marked.sum() == 80
    assert not marked[16 + 40 : 16 + 120].any()


@pytest.mark.parametrize("name", ["sheet.png", "Übersicht [1].jpeg"])
def test_a_sheet_is_written_in_its_colours(tmp_path, name):
    sheet = np.zeros((64, 64, 3), np.uint8)
    sheet[..., 0] = 200
    write_sheet(sheet, tmp_path / name)
    read = cv2.imdecode(np.fromfile(tmp_path / name, np.uint8), cv2.IMREAD_COLOR)
    assert np.abs(read[32, 32].astype(int) - (0, 0, 200)).max() < 4
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_sheet_of_an_unknown_kind_is_refused(tmp_path):
    with pytest.raises(SettingError, match="no kind of picture"):
        check_sheet(tmp_path / "sheet.gif", force=False)


def test_a_sheet_that_exists_is_refused_unless_it_may_be_replaced(tmp_path):
    (tmp_path / "sheet.png").touch()
    with pytest.raises(OutputError, match="exists already"):
        check_sheet(tmp_path / "sheet.png", force=False)
    check_sheet(tmp_path / "sheet.png", force=True)


def test_a_sheet_in_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(OutputError, match="no folder"):
        check_sheet(tmp_path / "absent" / "sheet.png", force=False)
