"""The documentation keeps up: every option, every part of the tree, every link."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from avsep.cli.app import app
from avsep.outputs import schema

ROOT = Path(__file__).parents[2]
GROUP = typer.main.get_command(app)
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]
FOLDERS = ("benchmarks", "docs", "examples", "scripts", "tests", "tools", "weights")


def read_section(page: str, heading: str) -> str:
    """A page from one of its headings up to the next of the same kind."""
    _, _, after = (ROOT / page).read_text().partition(f"\n## {heading}\n")
    return after.partition("\n## ")[0]


def list_options(command) -> list[str]:
    words = [word for parameter in command.params for word in parameter.opts]
    return [word for word in words if word.startswith("-")]


@pytest.mark.parametrize("name", list(GROUP.commands))
def test_every_option_stands_in_the_section_of_its_command(name):
    section = read_section("docs/command-line.md", f"avsep {name}")
    assert section
    assert [
        word for word in list_options(GROUP.commands[name]) if f"`{word}`" not in section
    ] == []


def test_options_before_the_command_stand_at_the_top_of_the_page():
    top = (ROOT / "docs/command-line.md").read_text().partition("\n## ")[0]
    assert [word for word in list_options(GROUP) if f"`{word}`" not in top] == []


@pytest.mark.parametrize("name", list(GROUP.commands))
def test_the_page_names_no_option_that_a_command_lacks(name):
    section = read_section("docs/command-line.md", f"avsep {name}")
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `--")]
    named = re.findall(r"`(--?[a-z-]+)`", " ".join(rows))
    assert set(named) <= {*list_options(GROUP.commands[name])}


def test_the_map_names_every_room_every_ground_module_and_every_folder_and_no_other():
    tree = read_section("CONTRIBUTING.md", "The map").split("```")[1]
    inside = re.findall(r"^  (\w\S+) ", tree, re.MULTILINE)
    rooms = {f"{path.parent.name}/" for path in (ROOT / "avsep").glob("*/__init__.py")}
    assert sorted(inside) == sorted(rooms | {path.name for path in (ROOT / "avsep").glob("*.py")})
    outside = re.findall(r"^(\w+)/", tree, re.MULTILINE)
    assert sorted(outside) == sorted({"avsep", *FOLDERS})
    assert all((ROOT / name).is_dir() for name in outside)


def test_every_key_of_a_json_is_explained():
    table = schema.__doc__.split("\n===============")[2]
    keys = re.findall(r"^([a-z]\S*(?:, \S+)*)  ", table, re.MULTILINE)
    assert len(keys) > 30
    explained = read_section("docs/results.md", "The manifest")
    named = ", ".join(keys).split(", ")
    assert [key for key in named if f"`{key}`" not in explained] == []


def list_anchors(page: Path) -> list[str]:
    """What links call the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_pages_leads_somewhere(page):
    for link in re.findall(r"\]\((?!https?:)([^)]*)\)", page.read_text()):
        target, _, anchor = link.partition("#")
        there = page.parent / target if target else page
        assert there.exists(), link
        assert not anchor or anchor in list_anchors(there), link


def test_the_readme_is_short_enough_to_be_read_to_the_end():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120
