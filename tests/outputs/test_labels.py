"""Who speaks when, as Audacity imports it: seconds from, seconds up to, and a name."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from avsep.cli.app import app
from avsep.cli.products import read_products
from avsep.options import Options
from avsep.outputs.products import Failures, make_products
from avsep.product import find_products

ASKED = {each.name: each.default for product in find_products() for each in product.parameters}


@pytest.fixture
def make(tmp_path):
    """Make all that is asked for of an hour's debate of two."""
    speakers = (
        SimpleNamespace(name="Zoë Łukasz", speaking=((0, 50), (89_977, 90_001))),
        SimpleNamespace(name="Ben", speaking=((49, 76),)),
    )
    info = SimpleNamespace(path=Path("the debate.mp4"))
    separation = SimpleNamespace(info=info, speakers=speakers, heard=speakers, folder=tmp_path)

    def make(**asked):
        failures = Failures(tmp_path)
        files = make_products(separation, Options(**read_products(ASKED | asked)), failures)
        assert failures.errors == {}
        return {path.name: path for path in files}

    return make


def test_each_stretch_of_speech_is_a_label_in_order_of_time(make):
    text = make(labels=True)["the debate.labels.txt"].read_bytes().decode()
    assert text == (
        "0.000000\t2.000000\tZoë Łukasz\n"
        "1.960000\t3.040000\tBen\n"
        "3599.080000\t3600.040000\tZoë Łukasz\n"
    )


def test_labels_are_right_to_the_microsecond(make):
    path = make(labels=True)["the debate.labels.txt"]
    rows = csv.reader(path.read_text(encoding="utf-8").splitlines(), delimiter="\t")
    times = [(Decimal(start), Decimal(stop)) for start, stop, _ in rows]
    # A twenty-fifth of a second is 40 ms, whole microseconds.
    spans = [(0, 50), (49, 76), (89_977, 90_001)]
    assert times == [(start * Decimal("0.04"), stop * Decimal("0.04")) for start, stop in spans]


def test_labels_are_made_only_where_they_are_asked_for(make):
    assert list(make()) == ["the debate.rttm"]


def test_help_offers_labels():
    printed = CliRunner().invoke(app, ["split", "--help"]).stdout
    assert "--labels" in printed
    assert "Audacity" in printed
