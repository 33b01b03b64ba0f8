"""The page in a browser: drop, name, split, listen, download, by pointer and by keyboard."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from avsep.media.ffmpeg import find_tool

EXAMPLE = Path(__file__).parents[2] / "examples" / "same-sex.mp4"
LONG = 120_000  # ms

playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
# For the whole file: a test skipped midway would leave the page to the next as it was then.
AXE = "axe_playwright_python.sync_playwright"
axe = pytest.importorskip(AXE, reason="pip install axe-playwright-python")


@pytest.fixture(scope="module")
def server(weights, tmp_path_factory):
    """`avsep page` before a folder with another in it: its address, and the folder."""
    place = tmp_path_factory.mktemp("page")
    folder = place / "videos"
    (folder / "day").mkdir(parents=True)
    (folder / "avsep.toml").write_text("[presets.quick]\nlabels = true\nothers = '-12dB'\n")
    words = ["page", folder, "--no-browser", "--model", weights]
    command = [sys.executable, "-m", "avsep", *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process.stdout.readline().strip(), folder
        process.terminate()


@pytest.fixture(scope="module")
def page(chromium, server):
    page = chromium.new_context(locale="en-GB", accept_downloads=True).new_page()
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    page.goto(server[0])
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "two <b>people.mp4"
    cut = [find_tool("ffmpeg"), "-loglevel", "error", "-ss", "2", "-i", EXAMPLE, "-t", "2.5"]
    subprocess.run([*cut, path], check=True)
    return path


def find_barriers(page):
    found = axe.Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
    return [violation["id"] for violation in found.response["violations"]]


def test_a_recording_is_dropped_split_heard_and_downloaded(page, server, recording, tmp_path):
    address, folder = server
    assert "token" in address
    assert "token" not in page.url
    page.set_input_files("#upload", recording)
    page.wait_for_selector("#work:not([hidden])")
    assert (folder / recording.name).read_bytes() == recording.read_bytes()
    assert page.inner_text("#work-title") == recording.name
    assert not page.query_selector("#work-title b")

    page.click("#find")
    page.wait_for_selector("#people img", timeout=LONG)
    assert page.locator("#seen li").count() == 0  # those were only for the time being
    page.get_by_label("Name of person 1").fill("Anna & Co")
    page.locator("#people li").nth(1).get_by_role("checkbox").uncheck()
    page.get_by_role("button", name="Split the voices").press("Enter")
    page.wait_for_selector("#result:not([hidden])", timeout=LONG)

    made = folder / "voices" / recording.stem
    assert (made / "Anna & Co.wav").is_file()
    assert not (made / "speaker-2.wav").exists()
    report = page.frame_locator("#report")
    report.get_by_text("Anna & Co").first.wait_for()
    page.click("details summary")
    with page.expect_download() as single:
        page.get_by_role("link", name="Anna & Co.wav").click()
    assert Path(single.value.path()).read_bytes() == (made / "Anna & Co.wav").read_bytes()
    with page.expect_download() as whole:
        page.click("#all")
    names = zipfile.ZipFile(whole.value.path()).namelist()
    assert {Path(name).name for name in names} == {p.name for p in made.iterdir()}
    assert page.wrong == []


def test_one_person_becomes_two_and_names_outlive_a_reload(page, server):
    """Faces are given by a route, as if somebody had been found in three moments."""
    moments = [
        {"range": f"0:00.{tenth}-0:00.{tenth + 2}", "seconds": 0.2 * (tenth + 1)}
        for tenth in (0, 3, 6)
    ]
    person = {"number": 1, "name": "speaker-1", "wanted": True, "visible": 2, "moments": moments}
    other = {**person, "number": 2, "name": "speaker-2", "moments": moments[:1]}
    page.route(
        "**/people", lambda route: route.fulfill(json={"people": [person, other], "stamp": ""})
    )
    ordered = []

    def take(route):
        if route.request.method == "POST":
            ordered.append(route.request.post_data_json)
            route.fulfill(status=201, json={"number": 99})
        else:
            route.continue_()

    page.route("**/api/jobs", take)
    page.reload()
    page.locator("#people li").first.wait_for()
    assert page.locator("#people details").count() == 1
    page.get_by_label("Name of person 1").fill("Anna")
    page.get_by_text("3 moments").click()
    page.get_by_role("button", name="These are somebody else").click()
    page.get_by_role("alert").get_by_text("Choose the moments").wait_for()
    assert find_barriers(page) == []
    page.get_by_role("button", name="Close").click()
    page.get_by_label("0:00.3 \N{EN DASH} 0:00.5").check()
    page.get_by_label("0:00.6 \N{EN DASH} 0:00.8").check()
    page.get_by_role("button", name="These are somebody else").press("Enter")
    assert page.evaluate("document.activeElement.value") == "speaker-3"
    page.get_by_label("Name of person 3").fill("Cat")
    page.reload()
    page.get_by_label("Name of person 3").wait_for()
    assert page.input_value("#person-1-name") == "Anna"
    page.get_by_role("button", name="Split the voices", exact=True).click()
    page.wait_for_timeout(200)
    wanted = ordered[-1]["wanted"]
    assert wanted["speakers"] == {"1": "Anna", "2": "speaker-2", "3": "Cat"}
    assert wanted["divide"] == ["1=0:00.3-0:00.5,0:00.6-0:00.8"]
    page.get_by_role("button", name="Put back to person 1").click()
    assert page.locator("#people > li").count() == 2
    page.get_by_text("3 moments").wait_for()
    page.get_by_role("button", name="Split the voices", exact=True).click()
    page.wait_for_timeout(200)
    assert ordered[-1]["wanted"]["divide"] == []
    page.unroute("**/people")
    page.unroute("**/api/jobs")
    page.reload()
    page.locator("#people li").first.wait_for()
    assert page.wrong == []


def test_faces_are_shown_while_it_is_still_searched(page):
    shot = page.locator("#work-title").screenshot(type="jpeg")
    job = {
        "number": 50,
        "kind": "people",
        "recording": page.inner_text("#work-title"),
        "wanted": {"range": ""},
        "state": "working",
        "stage": "looking for faces",
        "share": 0.5,
        "left": 3.0,
        "error": "",
        "hint": "",
        "folder": "",
    }
    now = {"faces": 2}
    page.route("**/seen/*.jpg", lambda route: route.fulfill(body=shot, content_type="image/jpeg"))
    page.route("**/api/jobs", lambda route: route.fulfill(json=[job | now]))
    playwright.expect(page.locator("#seen img")).to_have_count(2)
    page.evaluate("window.first = document.querySelector('#seen img')")
    now["faces"] = 3
    playwright.expect(page.locator("#seen img")).to_have_count(3)
    assert page.evaluate("window.first === document.querySelector('#seen img')")  # no flicker
    assert page.locator("#jobs .seen img").count() == 3
    assert page.inner_text("#said") == "3 faces found so far"
    page.unroute("**/seen/*.jpg")
    page.unroute("**/api/jobs")
    page.wait_for_selector("#seen", state="hidden")


def test_a_preset_turns_switches_and_says_what_else_it_sets(page):
    assert not page.is_checked("[name=labels]")
    page.select_option("#preset", "quick")
    page.wait_for_selector("[name=labels]:checked")
    page.get_by_text("Also set in avsep.toml or by the preset: others.").wait_for()
    page.select_option("#preset", "")
    page.wait_for_selector("[name=labels]:not(:checked)")


def test_a_switch_that_lacks_its_package_is_grey_and_says_why(page):
    told = {"switches": {}, "also": [], "presets": []}
    lacking = {"subtitles": {"error": "subtitles need <b>x</b>", "hint": "pip install it"}}
    page.route("**/api/settings/**", lambda route: route.fulfill(json=told | {"lacking": lacking}))
    page.reload()
    page.wait_for_selector("[name=subtitles]:disabled")
    page.get_by_text("subtitles need <b>x</b>. pip install it").wait_for()
    page.unroute("**/api/settings/**")
    page.route("**/api/settings/**", lambda route: route.fulfill(json=told | {"lacking": {}}))
    page.reload()
    page.wait_for_selector("[name=subtitles]:enabled")
    page.unroute("**/api/settings/**")


def test_subtitles_are_shown_in_the_result(page, server):
    """Written as `--subtitles vtt` writes them: no recogniser is at hand here."""
    made = next((server[1] / "voices").glob("two*"))
    (made / "everybody.vtt").write_text(
        "WEBVTT\n\n00:00:00.500 --> 00:00:01.000\nAnna: Is 1 &lt; 2\n&amp; so on?\n\n"
        "01:00:02.000 --> 01:00:03.000\nBen: Yes\n"
    )
    page.get_by_role("button", name="Show the result").first.click()
    page.locator("#words li").first.wait_for()
    lines = page.locator("#words li").all_inner_texts()
    assert [line.split() for line in lines] == [
        ["00:00", *["Anna:", "Is", "1", "<", "2", "&", "so", "on?"]],
        ["01:00:02", "Ben:", "Yes"],
    ]
    assert find_barriers(page) == []
    (made / "everybody.vtt").unlink()


def test_a_page_among_the_results_can_do_nothing_in_our_name(page, server):
    made = next((server[1] / "voices").glob("two*"))
    own = (made / "report.html").read_text()
    attack = """<p id="out">none</p><script>
      fetch("/api/jobs").then((a) => a.text(), () => "refused")
        .then((text) => { document.getElementById("out").textContent = text.slice(0, 99); });
      try { parent.document.title = "taken"; } catch { }
    </script><script src="beside.js"></script>"""
    (made / "report.html").write_text(attack)
    (made / "beside.js").write_text("document.body.append('what lies beside is read')")
    page.get_by_role("button", name="Show the result").first.click()
    page.frame_locator("#report").get_by_text("refused").wait_for()
    page.frame_locator("#report").get_by_text("what lies beside is read").wait_for()
    assert page.title() == "avsep"
    (made / "beside.js").unlink()
    (made / "report.html").write_text(own)


def test_folders_are_entered_and_left_by_keyboard(page, server):
    page.get_by_role("button", name="day folder").press("Enter")
    page.get_by_text("There is no video in this folder yet.").wait_for()
    assert find_barriers(page) == []
    assert page.evaluate("document.activeElement.textContent") == "videos"
    page.set_input_files("#upload", {"name": "b.mp4", "mimeType": "video/mp4", "buffer": b"x"})
    page.wait_for_selector("#recordings [aria-current=true]")
    assert (server[1] / "day" / "b.mp4").read_bytes() == b"x"
    page.get_by_role("alert").get_by_text("b.mp4").wait_for()  # which is no video
    page.get_by_role("button", name="Close").click()
    page.get_by_role("navigation").get_by_role("button", name="videos").click()
    page.get_by_role("button", name="day folder").wait_for()


def test_a_late_answer_does_not_lead_back_to_the_folder_that_was_left(page):
    held = []
    page.route("**/api/folders/day", lambda route: held.append(route))
    page.get_by_role("button", name="day folder").click()
    page.evaluate("dispatchEvent(new Event('focus'))")  # looks there, too
    page.wait_for_timeout(200)
    assert len(held) == 2
    page.evaluate("import('/static/library.js').then((library) => library.browse(''))")
    page.get_by_role("button", name="day folder").wait_for()
    for route in held:
        route.continue_()
    page.wait_for_timeout(300)
    page.unroute("**/api/folders/day")
    assert page.get_by_role("button", name="day folder").is_visible()


def test_two_tabs_show_the_same_and_none_is_called_away(page, server):
    other = page.context.new_page()
    other.goto(page.url)
    other.locator("#jobs li").first.wait_for()
    assert other.locator("#jobs li").count() == page.locator("#jobs li").count()
    assert other.is_hidden("#work")
    other.close()


def test_a_recording_without_sound_says_so(page, server, make_media):
    made = make_media("mute.mp4", "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25:duration=1")
    shutil.copy(made, server[1] / "mute.mp4")
    page.evaluate("dispatchEvent(new Event('focus'))")
    page.get_by_role("button", name="mute.mp4").click()
    page.get_by_text("This recording has no sound").wait_for()
    page.get_by_role("button", name="Split the voices", exact=True).click()
    page.get_by_text("has no audio stream").wait_for(timeout=LONG)
    (server[1] / "mute.mp4").unlink()
    page.evaluate("dispatchEvent(new Event('focus'))")
    playwright.expect(page.locator("#recordings")).not_to_contain_text("mute")
    page.locator("#recordings").get_by_role("button", name="two").click()


def test_a_part_is_chosen_by_dragging_on_the_waveform_or_in_words(page):
    playwright.expect(page.locator("#to")).to_have_attribute("placeholder", re.compile("^0:02"))
    page.locator("#waveform").scroll_into_view_if_needed()
    box = page.locator("#waveform").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, middle, steps=3)
    page.mouse.up()
    assert (page.input_value("#from"), page.input_value("#to")) == ("0:00.5", "0:01.5")
    assert page.locator("#people li").count() == 0  # of the whole: numbers may be others
    page.get_by_role("button", name="All of it").click()
    assert page.input_value("#from") == ""
    page.locator("#people li").first.wait_for()


def test_a_refusal_is_shown_as_a_sentence(page, tmp_path):
    odd = tmp_path / "notes.txt"
    odd.write_text("no video")
    page.set_input_files("#upload", odd)
    page.get_by_role("alert").get_by_text("not called like a video").wait_for()


def test_it_speaks_other_languages_too(page):
    page.select_option("#language", "de")
    page.get_by_role("heading", name="Aufnahmen").wait_for()
    assert page.evaluate("document.documentElement.lang") == "de"
    page.select_option("#language", "fr")
    page.get_by_role("heading", name="Enregistrements").wait_for()
    page.select_option("#language", "en")


def test_a_second_browser_without_the_token_gets_nothing(page, server):
    other = page.context.browser.new_context().new_page()
    answer = other.goto(server[0].split("?")[0])
    assert answer.status == 401
    assert "token" in other.inner_text("body")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out(page, scheme):
    page.emulate_media(color_scheme=scheme)
    assert find_barriers(page) == []


@pytest.mark.parametrize("width", [360, 820, 1400])
def test_it_fits_on_a_phone_a_tablet_and_a_desk(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
