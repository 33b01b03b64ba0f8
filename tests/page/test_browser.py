"""The page in a browser: drop, name, split, listen, download, by pointer and by keyboard."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from avsep.media.ffmpeg import find_tool

EXAMPLE = Path(__file__).parents[2] / "examples" / "same-sex.mp4"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
LONG = 120_000  # ms

playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")


@pytest.fixture(scope="module")
def server(weights, tmp_path_factory):
    """`avsep page` before an empty folder: its address, and the folder."""
    place = tmp_path_factory.mktemp("page")
    folder = place / "videos"
    folder.mkdir()
    words = ["page", folder, "--no-browser", "--model", weights]
    command = [sys.executable, "-m", "avsep", *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process.stdout.readline().strip(), folder
        process.terminate()


@pytest.fixture(scope="module")
def page(server):
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(locale="en-GB", accept_downloads=True).new_page()
        page.wrong = []
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.goto(server[0])
        yield page
        browser.close()


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "two <b>people.mp4"
    cut = [find_tool("ffmpeg"), "-loglevel", "error", "-ss", "2", "-i", EXAMPLE, "-t", "2.5"]
    subprocess.run([*cut, path], check=True)
    return path


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


def test_a_part_is_chosen_by_dragging_on_the_waveform_or_in_words(page):
    page.wait_for_function("document.getElementById('to').placeholder.startsWith('0:02')")
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


def test_it_speaks_german_too(page):
    page.select_option("#language", "de")
    page.get_by_role("heading", name="Aufnahmen").wait_for()
    assert page.evaluate("document.documentElement.lang") == "de"
    page.select_option("#language", "en")


def test_a_second_browser_without_the_token_gets_nothing(page, server):
    other = page.context.browser.new_context().new_page()
    answer = other.goto(server[0].split("?")[0])
    assert answer.status == 401
    assert "token" in other.inner_text("body")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out(page, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page.emulate_media(color_scheme=scheme)
    found = axe.Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
    assert [v["id"] for v in found.response["violations"]] == []


@pytest.mark.parametrize("width", [360, 820, 1400])
def test_it_fits_on_a_phone_a_tablet_and_a_desk(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
