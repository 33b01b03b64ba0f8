"""A part of a recording in a browser, by pointer and in words."""

from __future__ import annotations

import pytest


@pytest.fixture
def waveform(tab):
    """The middle of the waveform's left edge, and its width."""
    tab.locator("#recordings").get_by_role("button", name="a.mp4").click()
    tab.locator("#to[placeholder='1:00.0']").wait_for()
    tab.locator("#waveform").scroll_into_view_if_needed()
    box = tab.locator("#waveform").bounding_box()
    return box["x"], box["y"] + box["height"] / 2, box["width"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0:00.0"), (59.96, "1:00.0"), (119.98, "2:00.0"), (3599.96, "1:00:00.0"),
     (3723.5, "1:02:03.5")],
)  # fmt: skip
def test_no_minute_has_sixty_seconds_and_no_hour_sixty_minutes(tab, seconds, said):
    code = "seconds => import('/static/part.js').then(({ tellClock }) => tellClock(seconds))"
    assert tab.evaluate(code, seconds) == said


def drag(tab, waveform, button="left"):
    left, middle, width = waveform
    tab.mouse.move(left + 0.2 * width, middle)
    tab.mouse.down(button=button)
    tab.mouse.move(left + 0.6 * width, middle, steps=3)


def test_only_the_first_button_drags(tab, waveform):
    drag(tab, waveform, "right")
    tab.mouse.up(button="right")
    assert tab.input_value("#from") == ""
    drag(tab, waveform)
    tab.mouse.up()
    assert (tab.input_value("#from"), tab.input_value("#to")) == ("0:12.0", "0:36.0")


def test_a_drag_that_the_browser_takes_away_is_over(tab, waveform):
    left, middle, width = waveform
    drag(tab, waveform)
    tab.dispatch_event("#waveform", "pointercancel")
    tab.mouse.move(left + 0.9 * width, middle)
    assert tab.input_value("#to") == "0:36.0"


def test_an_unreadable_recording_does_not_show_the_length_of_another(tab, waveform):
    tab.route("**/api/waveforms/b.mp4", lambda route: route.fulfill(status=400, body="unreadable"))
    tab.locator("#recordings").get_by_role("button", name="b.mp4").click()
    tab.get_by_role("alert").get_by_text("unreadable").wait_for()
    assert tab.get_attribute("#to", "placeholder") == ""
