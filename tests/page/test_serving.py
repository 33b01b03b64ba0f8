"""The server from its start to its end."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from avsep.cli.app import app
from avsep.page.serving import LOCK, claiming, open_door


def test_a_folder_has_one_server_at_a_time(tmp_path):
    with claiming(tmp_path):
        done = CliRunner().invoke(app, ["page", str(tmp_path), "--no-browser"])
        assert done.exit_code == 1
        assert "another avsep page is at work" in done.output.replace("\n", " ")
    with claiming(tmp_path):  # nothing of the one before is in the way
        pass


def test_a_lock_that_is_a_link_is_left_alone(tmp_path):
    (tmp_path / "other").write_text("own")
    (tmp_path / LOCK).symlink_to(tmp_path / "other")
    with claiming(tmp_path):
        assert (tmp_path / "other").read_text() == "own"


@pytest.mark.parametrize("listen", ["0.0.0.0", "::", ""])  # noqa: S104 - refused
def test_every_address_at_once_is_refused(listen, tmp_path):
    done = CliRunner().invoke(app, ["page", str(tmp_path), "--listen", listen, "--no-browser"])
    assert done.exit_code == 1
    assert "every address" in done.output.replace("\n", " ")


def test_a_port_that_is_taken_is_a_sentence(tmp_path):
    with open_door("127.0.0.1", 0) as door:
        port = door.getsockname()[1]
        words = ["page", str(tmp_path), "--port", str(port), "--no-browser"]
        done = CliRunner().invoke(app, words)
    assert done.exit_code == 1
    assert "Another --port may be free" in done.output.replace("\n", " ")
