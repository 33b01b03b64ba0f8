"""The layer rule: a room uses the rooms below it and the ground, never what stands above."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "avsep"
# What stands directly below each room; it may use everything further down as well.
BELOW = {
    "__main__": ["cli"],
    "cli": ["front door", "page", "follow", "evaluation"],
    "page": ["batch"],
    "follow": ["batch"],
    "front door": ["pipeline"],
    "batch": ["pipeline"],
    "pipeline": ["result", "kit"],
    "kit": ["separation"],
    "result": ["outputs"],
    "outputs": ["separation"],
    "evaluation": ["training"],
    "training": ["separation"],
    "separation": ["faces", "speech"],
    "faces": ["model", "media"],
    "speech": ["model", "media"],
    "model": ["ground"],
    "media": ["ground"],
    "ground": [],
}
# Scores are taken from finished results, which their manifests describe.
ALLOWED = {("avsep.evaluation.score_folder", "avsep.outputs.manifest")}


def dotted(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def imports(path: Path) -> set[str]:
    """All that a file imports, at its top or within a function."""
    named = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            named.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            named.update({node.module} | {f"{node.module}.{alias.name}" for alias in node.names})
    return named


FILES = {dotted(path): path for path in sorted(PACKAGE.rglob("*.py"))}
USES = {module: imports(path) & FILES.keys() for module, path in FILES.items()}


def room(module: str) -> str:
    """The room of a module; the package itself is the front door."""
    first = [*module.split("."), "front door"][1]
    return first if first in BELOW else "ground"


def below(upper: str) -> set[str]:
    return {upper}.union(*(below(lower) for lower in BELOW[upper]))


@pytest.mark.parametrize("module", FILES)
def test_a_module_uses_only_its_own_room_and_those_below(module):
    allowed = below(room(module)) | {"ground"}
    up = [used for used in USES[module] if room(used) not in allowed]
    assert [used for used in up if (module, used) not in ALLOWED] == []


def test_no_module_needs_itself_in_a_circle():
    TopologicalSorter(USES).prepare()


def test_every_folder_is_a_room_with_a_place_in_the_order():
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert folders - BELOW.keys() == set()
