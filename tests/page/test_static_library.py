"""Folders and uploads in a browser: nothing is sent in vain, and nobody is called away."""

from __future__ import annotations


def choose(tab, name):
    tab.locator("#recordings").get_by_role("button", name=name).click()
    tab.get_by_role("heading", name=name).wait_for()


def give(tab, *names):
    files = [{"name": name, "mimeType": "video/mp4", "buffer": b"x" * 10} for name in names]
    tab.set_input_files("#upload", files)


def hold(tab):
    """What is sent from now on, which waits to be let go."""
    held = []
    tab.route("**/api/recordings/*", lambda route: held.append(route))
    return held


def let_go(tab, held):
    while held:
        held.pop().continue_()
    tab.wait_for_timeout(300)


def wait_for(tab, held, count):
    for _ in range(50):
        if len(held) == count:
            return
        tab.wait_for_timeout(100)
    raise AssertionError(held)


def test_what_will_be_refused_is_not_sent_and_each_refusal_is_told(tab):
    held = hold(tab)
    give(tab, "notes.txt")
    tab.get_by_role("alert").get_by_text("'notes.txt' is not called like a video").wait_for()
    give(tab, "more.txt", "notes.txt")
    tab.get_by_role("alert").get_by_text("'more.txt' is not called like a video").wait_for()
    assert tab.get_by_role("alert").locator("p").count() == 2
    assert held == []
    tab.get_by_role("button", name="Close").click()
    give(tab, "more.txt")
    tab.get_by_role("alert").wait_for()
    assert tab.get_by_role("alert").locator("p").count() == 1


def test_an_upload_that_arrives_does_not_call_away_whoever_writes(tab, folder):
    choose(tab, "a.mp4")
    held = hold(tab)
    give(tab, "c.mp4")
    wait_for(tab, held, 1)
    tab.fill("#from", "0:05")
    let_go(tab, held)
    tab.locator("#recordings").get_by_role("button", name="c.mp4").wait_for()
    assert tab.inner_text("#work-title") == "a.mp4"
    assert tab.input_value("#from") == "0:05"
    assert tab.evaluate("document.activeElement.id") == "from"


def test_an_upload_that_arrives_does_not_take_the_place_of_what_was_chosen_meanwhile(tab):
    held = hold(tab)
    give(tab, "c.mp4")
    wait_for(tab, held, 1)
    choose(tab, "b.mp4")
    let_go(tab, held)
    tab.locator("#recordings").get_by_role("button", name="c.mp4").wait_for()
    assert tab.inner_text("#work-title") == "b.mp4"


def test_an_upload_that_is_awaited_is_chosen(tab):
    choose(tab, "a.mp4")
    give(tab, "c.mp4")
    tab.get_by_role("heading", name="c.mp4").wait_for()


def test_two_batches_are_under_way_till_both_have_come(tab):
    held = hold(tab)
    for name in ("c.mp4", "d.mp4"):
        give(tab, name)
    wait_for(tab, held, 2)
    (first,) = (route for route in held if route.request.url.endswith("c.mp4"))
    held.remove(first)  # which of both comes first is open
    first.continue_()
    tab.locator("#recordings").get_by_role("button", name="c.mp4").wait_for()
    assert tab.is_visible("#upload-progress")
    stays = "!dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    assert tab.evaluate(stays)
    let_go(tab, held)
    tab.wait_for_selector("#upload-progress", state="hidden")
    assert not tab.evaluate(stays)


def test_a_click_is_not_lost_when_the_list_is_looked_at_anew(tab):
    box = tab.locator("#recordings").get_by_role("button", name="b.mp4").bounding_box()
    tab.mouse.move(box["x"] + 20, box["y"] + 10)
    tab.mouse.down()
    with tab.expect_response("**/api/folders/"):
        tab.evaluate("dispatchEvent(new Event('focus'))")
    tab.wait_for_timeout(200)
    tab.mouse.up()
    tab.get_by_role("heading", name="b.mp4").wait_for()


def test_focus_stays_in_the_list_when_a_file_comes_and_when_a_folder_is_left(tab, folder):
    tab.locator("#recordings").get_by_role("button", name="b.mp4").focus()
    (folder / "a2.mp4").write_bytes(b"x")
    (folder / "day" / "noon").mkdir(parents=True)
    tab.evaluate("dispatchEvent(new Event('focus'))")
    tab.locator("#recordings").get_by_role("button", name="a2.mp4").wait_for()
    assert "b.mp4" in tab.evaluate("document.activeElement.textContent")
    tab.get_by_role("button", name="day folder").press("Enter")
    tab.get_by_role("button", name="noon folder").press("Enter")
    tab.get_by_role("navigation").get_by_role("button", name="day").press("Enter")
    tab.get_by_role("button", name="noon folder").wait_for()
    assert "noon" in tab.evaluate("document.activeElement.textContent")
    tab.get_by_role("navigation").get_by_role("button", name="videos").press("Enter")
    tab.get_by_role("button", name="day folder").wait_for()
    assert "day" in tab.evaluate("document.activeElement.textContent")
