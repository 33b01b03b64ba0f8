"""Names, parts and switches in a browser: they belong to their recording, and outlive a reload."""

from __future__ import annotations

from avsep.page.messages import Found


def find_people(queue, recording, part=""):
    """What a search of the recording leaves: two people."""
    job = queue.add("people", recording, {"range": part})
    moments = [{"range": "0:00-0:01", "seconds": 1.0}]
    people = tuple(
        {
            "number": number,
            "name": f"speaker-{number}",
            "wanted": True,
            "visible": 1.0,
            "moments": moments,
        }
        for number in (1, 2)
    )
    queue._conclude(job, Found(people, {}))


def choose(tab, name):
    tab.locator("#recordings").get_by_role("button", name=name).click()
    tab.get_by_role("heading", name=name).wait_for()


def name_first(tab, name):
    tab.get_by_label("Name of person 1").fill(name)


def expect_first(tab, name):
    from playwright.sync_api import expect  # which not every machine has

    expect(tab.locator("#person-1-name")).to_have_value(name)


def test_each_recording_keeps_its_names_over_a_reload(tab, queue):
    for recording, name in (("a.mp4", "Anna"), ("b.mp4", "Ben")):
        find_people(queue, recording)
        choose(tab, recording)
        name_first(tab, name)
    tab.reload()
    expect_first(tab, "Ben")
    choose(tab, "a.mp4")
    expect_first(tab, "Anna")
    choose(tab, "b.mp4")
    expect_first(tab, "Ben")


def test_the_part_and_its_names_outlive_a_reload(tab, queue):
    find_people(queue, "a.mp4", "0:05-0:09")
    choose(tab, "a.mp4")
    tab.fill("#from", "0:05")
    tab.fill("#to", "0:09")
    name_first(tab, "Anna")
    tab.reload()
    expect_first(tab, "Anna")
    assert (tab.input_value("#from"), tab.input_value("#to")) == ("0:05", "0:09")
    choose(tab, "b.mp4")
    assert tab.input_value("#from") == ""
    choose(tab, "a.mp4")
    assert tab.input_value("#from") == "0:05"


def test_who_shall_have_a_voice_needs_a_name_as_the_page_says_in_its_language(tab, queue):
    find_people(queue, "a.mp4")
    choose(tab, "a.mp4")
    name_first(tab, " ")
    tab.select_option("#language", "de")
    tab.get_by_role("button", name="Stimmen trennen").click()
    tab.get_by_role("alert").get_by_text("Bitte Person 1 einen Namen geben").wait_for()
    assert tab.input_value("#person-1-name") == " "
    assert [job.kind for job in queue.jobs()] == ["people"]


def test_a_result_that_is_there_already_is_told_in_the_language_of_the_page(tab, output, queue):
    (output / "a").mkdir(parents=True)
    choose(tab, "a.mp4")
    tab.select_option("#language", "fr")
    tab.get_by_role("button", name="Séparer les voix").click()
    tab.get_by_role("alert").get_by_text("Il y en a déjà un résultat").wait_for()
    assert queue.jobs() == []


def test_switches_and_the_preset_outlive_a_reload(tab, folder, queue, monkeypatch):
    monkeypatch.setattr(queue.usual, "list_presets", lambda _: ["quick"])
    choose(tab, "a.mp4")
    tab.locator("#preset option").nth(1).wait_for(state="attached")
    tab.select_option("#preset", "quick")
    tab.check("[name=mkv]")
    tab.reload()
    tab.wait_for_selector("[name=mkv]:checked")
    assert tab.input_value("#preset") == "quick"
    monkeypatch.setattr(queue.usual, "list_presets", lambda _: [])
    tab.reload()
    tab.wait_for_selector("[name=mkv]:checked")
    assert tab.input_value("#preset") == ""
