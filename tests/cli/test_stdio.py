"""Standard streams that are closed, full, or know ASCII alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

ASCII = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C", "PYTHONIOENCODING": ""}
COMMANDS = {
    "version": ["--version"],
    "help": ["split", "--help"],
    "table": ["tell"],
    "json": ["tell", "--json"],
}
# The command line as it is, with one command that comes to its result at once.
PROGRAM = """
import typer
from avsep.cli import app as cli

@cli.app.command()
def tell(context: typer.Context, json: bool = False) -> None:
    if json:
        context.obj.show_json({"name": "Zoë"})
    else:
        context.obj.show_table(("name",), [("Zoë",)])

cli.main()
"""


@pytest.fixture
def shell(tmp_path):
    """Run the program in a line of the shell, where it is called $@."""
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")

    def run(line: str, what: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, str(tmp_path / "program.py"), *COMMANDS[what]]
        return subprocess.run(
            [shutil.which("bash"), "-c", line, "bash", *command],
            capture_output=True,
            env={**os.environ, **environment},
            check=False,
        )

    return run


@pytest.mark.parametrize("what", COMMANDS)
@pytest.mark.parametrize(
    ("line", "reason"),
    [('"$@" > /dev/full', "No space left"), ('set -o pipefail; "$@" | true', "Broken pipe")],
)
def test_what_standard_output_refuses_is_a_sentence(shell, what, line, reason):
    done = shell(line, what)
    assert done.returncode == 1
    assert done.stderr.startswith(b"error: standard output can't be written to (")
    assert reason.encode() in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"ignored" not in done.stderr


@pytest.mark.parametrize("what", COMMANDS)
@pytest.mark.parametrize("line", ['"$@" >&-', '"$@" >&- 2>&- <&-'])
def test_without_standard_streams_all_is_done_as_usual(shell, what, line):
    done = shell(line, what)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_nobody_who_hears_the_remarks_costs_no_result(shell):
    done = shell('"$@" 2> /dev/full', "json")
    assert done.returncode == 0
    assert json.loads(done.stdout) == {"name": "Zoë"}


def test_letters_that_ascii_lacks_are_escaped(shell):
    done = shell('"$@"', "table", **ASCII)
    assert (done.returncode, done.stdout) == (0, b"name\nZo\\xeb\n")


def test_json_in_ascii_is_json(shell):
    done = shell('"$@"', "json", **ASCII)
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert json.loads(done.stdout) == {"name": "Zoë"}


def test_a_file_never_takes_the_place_of_a_closed_stream():
    script = (
        "from avsep.cli.stdio import prepare_streams; prepare_streams();"
        "import tempfile; file = tempfile.TemporaryFile();"
        "import os; os._exit(0 if file.fileno() > 2 else 1)"
    )
    line = '"$@" <&- >&- 2>&-'
    command = ["bash", "-c", line, "bash", sys.executable, "-c", script]
    assert subprocess.run(command, check=False).returncode == 0
