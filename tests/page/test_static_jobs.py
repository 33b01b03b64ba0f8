"""The list of jobs in a browser: told apart, ordered once, left by keyboard."""

from __future__ import annotations

from avsep.page.messages import Finished


def choose(tab, name="a.mp4"):
    tab.locator("#recordings").get_by_role("button", name=name).click()
    tab.get_by_role("heading", name=name).wait_for()


def test_a_double_click_orders_once(tab, queue):
    choose(tab)
    for name in ("Split the voices", "Look for faces"):
        tab.get_by_role("button", name=name, exact=True).dblclick()
        tab.locator("#jobs li").nth(0).wait_for()
        tab.wait_for_timeout(300)
    assert [job.kind for job in queue.jobs()] == ["split", "people"]


def test_jobs_are_told_apart_and_one_whose_result_was_replaced_is_marked(tab, queue, output):
    for name in ("Anna", "Ben"):
        (output / "a").mkdir(parents=True, exist_ok=True)
        job = queue.add("split", "a.mp4", {"speakers": {"1": name}, "force": True})
        queue._conclude(job, Finished(output / "a"))
    first, second = (tab.locator("#jobs li", has_text=name) for name in ("Anna", "Ben"))
    first.get_by_text("a later job has replaced the result").wait_for()
    assert first.get_by_text("Show the result").count() == 0
    show = second.get_by_role("button", name="Show the result").bounding_box()
    remove = second.get_by_role("button", name="Remove from the list").bounding_box()
    assert remove["x"] - show["x"] - show["width"] > 5


def test_whoever_removes_a_job_by_keyboard_stays_at_the_list(tab, queue):
    queue.add("split", "a.mp4", {})
    tab.get_by_role("button", name="Cancel").press("Enter")
    tab.get_by_role("button", name="Remove from the list").press("Enter")
    tab.get_by_text("Nothing to do yet.").wait_for()
    tab.locator("#jobs-title:focus").wait_for()


def test_a_job_is_cancelled_while_its_progress_moves(tab, queue):
    queue.add("split", "a.mp4", {})
    button = tab.get_by_role("button", name="Cancel")
    box = button.bounding_box()
    tab.mouse.move(box["x"] + 10, box["y"] + 10)
    tab.mouse.down()
    for share in (0.1, 0.2):
        queue._change(1, state="working", stage="separating voices", share=share)
        tab.wait_for_timeout(1100)
    tab.mouse.up()
    tab.locator("#jobs").get_by_text("cancelled").wait_for()


def test_the_button_of_a_long_message_stays_whole(tab):
    tab.set_viewport_size({"width": 360, "height": 800})
    code = (
        "import('/static/tools.js').then(({ complain }) => complain('much too long '.repeat(30)))"
    )
    tab.evaluate(code)
    assert tab.get_by_role("button", name="Close").bounding_box()["height"] < 60
