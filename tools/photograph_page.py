"""Photograph `avsep page` with headless Chromium: a desk, and a phone in the dark.

    python tools/photograph_page.py examples/late.mp4 FOLDER [--all] [--chromium FILE]

Needs `pip install 'avsep[page]' playwright` and a Chromium. The recording is dropped on
the page, its faces are named and its voices split. FOLDER takes page.png and page-phone.png, with
--all also the page while faces are looked for, and all widths in light and dark.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

SHOTS = {
    "page": ({"width": 1200, "height": 900}, "light"),
    "page-phone": ({"width": 390, "height": 844}, "dark"),
}
# Looked at, and not kept, with --all.
MORE = {
    "page-dark": ({"width": 1200, "height": 900}, "dark"),
    "page-tablet": ({"width": 820, "height": 1100}, "light"),
    "page-tablet-dark": ({"width": 820, "height": 1100}, "dark"),
    "page-phone-light": ({"width": 390, "height": 844}, "light"),
}
LONG = 600_000  # ms


def use(page: Page, recording: Path, early: Path | None) -> None:
    """Drop a recording, name who is found, and split; take a picture of the search."""
    page.set_input_files("#upload", recording)
    page.click("#find")
    if early:
        page.wait_for_selector("#seen li", timeout=LONG)
        page.wait_for_timeout(500)
        page.screenshot(path=early, full_page=True)
    page.wait_for_selector("#people img", timeout=LONG)
    page.locator("#people [type=text]").first.fill("Ben")
    page.locator("#people [type=text]").nth(1).fill("Anna")
    page.check("[name=mkv]")
    page.click("#order .main")
    page.wait_for_selector("#result:not([hidden])", timeout=LONG)
    page.wait_for_timeout(2000)


def main() -> None:
    """Take all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recording", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, sync_playwright() as driver:
        videos = Path(place) / "videos"
        (videos / "archive").mkdir(parents=True)
        command = [sys.executable, "-m", "avsep", "page", str(videos), "--no-browser"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as server:  # noqa: S603
            assert server.stdout is not None
            browser = driver.chromium.launch(executable_path=asked.chromium)
            page = browser.new_page(locale="en")
            page.goto(server.stdout.readline().strip())
            use(page, asked.recording, asked.folder / "page-early.png" if asked.all else None)
            for name, (size, scheme) in (SHOTS | MORE if asked.all else SHOTS).items():
                page.set_viewport_size(size)
                page.emulate_media(color_scheme=scheme)
                page.locator("#report").scroll_into_view_if_needed()  # else it is not drawn
                page.wait_for_timeout(2000)
                page.screenshot(path=asked.folder / f"{name}.png", full_page=True)
                print(asked.folder / f"{name}.png")
            browser.close()
            server.terminate()


if __name__ == "__main__":
    main()
