"""What `avsep faces` does, once its options are read."""

from __future__ import annotations

from pathlib import Path

import typer

from avsep.cli.parts import read_ranges_of
from avsep.cli.results import report_left_out
from avsep.cli.screen import Screen
from avsep.cli.settings import Settings
from avsep.cli.split import keep_given
from avsep.outputs import contact_sheet as contact
from avsep.outputs.schema import describe_faces
from avsep.pipeline import Separator
from avsep.separation.beds import choose_names
from avsep.text import clock


def show_faces(context: typer.Context, source: Path, split: typer.Context) -> None:
    """Find everybody who is visible, and show or draw them.

    Args:
        context: Holds the values of all options.
        source: The recording.
        split: Of the command whose settings a file holds.
    """
    screen: Screen = context.obj
    asked = context.params
    sheet, force = asked["sheet"], asked["force"]
    if sheet is not None:
        contact.check_sheet(sheet, force=force)
    ranges = read_ranges_of(asked["from_"], asked["to"], asked["range_"])
    given = {"names": asked["names"]} | ({"range_": list(ranges)} if ranges else {})
    given |= {"divide": asked["divide"]} if asked["divide"] else {}
    settings = Settings(split, given)
    known = settings.find_names(source)
    separator = Separator(device=asked["device"], detector=asked["detector"])
    stream = asked["video_stream"] or None
    divide = settings.choose_values(source)["divide"] or ()
    people = separator.find_people(
        source, screen.watch, video_stream=stream, ranges=ranges, divide=divide
    )
    choose_names(people.persons, None, known)
    if not ranges:  # others are counted in all of the recording
        keep_given(settings, source, screen)
    if sheet is not None:
        drawn = contact.draw_sheet(people.persons, people.frames, known)
        contact.write_sheet(drawn, sheet, force=force)
        screen.note(f"drew {sheet}")
    report_left_out(screen, [dropped.fault.kind for dropped in people.dropped])
    if asked["json"]:
        screen.show_json(describe_faces(source, people, known))
        return
    rows = [
        (
            person.number,
            known.get(person.number, person.name),
            f"{person.seconds:.1f} s",
            ", ".join(f"{clock(start)} - {clock(stop)}" for start, stop in person.times),
        )
        for person in people.persons
    ]
    screen.show_table(("#", "name", "visible", "from - to"), rows)
