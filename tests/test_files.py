"""Files are replaced whole or not at all."""

from __future__ import annotations

import pytest

from avsep.errors import OutputError
from avsep.files import replacing


def test_a_file_is_replaced_only_when_all_went_well(tmp_path):
    target = tmp_path / "new" / "voice.wav"
    with replacing(target) as temporary:
        temporary.write_text("first")
        assert (temporary.parent, temporary.suffix) == (target.parent, ".wav")
    assert target.read_text() == "first"
    with pytest.raises(ZeroDivisionError), replacing(target) as temporary:
        temporary.write_text(str(1 // 0))
    assert [file.read_text() for file in target.parent.iterdir()] == ["first"]


def test_a_failure_midway_leaves_no_rest(tmp_path):
    def write_half():
        with replacing(tmp_path / "voice.wav") as temporary:
            temporary.write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        write_half()
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_reported(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(OutputError, match="cannot be written"),
        replacing(tmp_path / "file" / "voice.wav"),
    ):
        pass


def test_a_name_of_the_greatest_length_can_be_replaced(tmp_path):
    with replacing(tmp_path / ("n" * 251 + ".wav")) as temporary:
        temporary.touch()
    assert len(list(tmp_path.iterdir())) == 1


def test_half_a_file_can_have_a_name_that_nobody_takes_for_a_whole_one(tmp_path):
    with replacing(tmp_path / "clip.safetensors", "") as temporary:
        temporary.touch()
        assert not list(tmp_path.glob("*.safetensors"))
    assert [path.name for path in tmp_path.iterdir()] == ["clip.safetensors"]
