"""Photograph a report with headless Chromium, at a desktop's and at a phone's width.

    python tools/photograph.py voices/debate/report.html FOLDER [--chromium /usr/bin/chromium]

Needs `pip install playwright` and a Chromium (Debian's package will do). FOLDER takes report.png,
report-dark.png, report-phone.png and report-phone-dark.png. Before each the mix plays with moved
faders, and anything the page asks of a network fails the command.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

SHOTS = {
    "report": ({"width": 1280, "height": 800}, "light"),
    "report-dark": ({"width": 1280, "height": 800}, "dark"),
    "report-phone": ({"width": 390, "height": 844}, "light"),
    "report-phone-dark": ({"width": 390, "height": 844}, "dark"),
}
PHONE = 600  # px; what is less wide is photographed as it lies in the hand, else as a whole
UP_TO = 6.2  # s, to which is played
COLOURS = 128  # keeps a file below 300 kB
FLAGS = ["--disable-background-networking", "--autoplay-policy=no-user-gesture-required"]


def listen(page: Page) -> None:
    """Bring the first voice to the front and play the mix for a moment, by keys alone."""
    page.keyboard.press("m")
    for key, steps in (("2", 24), ("r", 12)):
        page.locator(f".strip[data-key='{key}'] input").focus()
        for _ in range(steps):
            page.keyboard.press("ArrowLeft")
    page.locator("#seek").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    for _ in range(100):
        if float(page.locator("#seek").input_value()) > UP_TO:
            break
        page.wait_for_timeout(100)
    page.keyboard.press(" ")
    page.wait_for_timeout(500)
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


def photograph(browser: Browser, report: Path, name: str, folder: Path) -> Path:
    """A picture of the page: all of it, or as much as a phone shows."""
    size, scheme = SHOTS[name]
    page = browser.new_page(viewport=size, color_scheme=scheme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(report.resolve().as_uri())
    page.wait_for_timeout(500)
    listen(page)
    if complaints or any(not url.startswith(("file:", "data:")) for url in asked):
        raise SystemExit(f"{report}: {complaints or asked}")
    heard = float(page.locator("#seek").input_value())
    seen = page.evaluate("document.querySelector('video').currentTime")
    width = page.evaluate("document.documentElement.scrollWidth")
    print(f"{name}: heard up to {heard:.2f} s, seen up to {seen:.2f} s, {width} px wide")
    picture = Image.open(io.BytesIO(page.screenshot(full_page=size["width"] > PHONE)))
    path = folder / f"{name}.png"
    picture.convert("RGB").quantize(COLOURS).save(path, optimize=True)
    page.close()
    return path


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=options.chromium, args=FLAGS, chromium_sandbox=False
        )
        for name in SHOTS:
            path = photograph(browser, options.report, name, options.folder)
            print(f"{path}: {path.stat().st_size / 1000:.0f} kB")
        browser.close()


if __name__ == "__main__":
    main()
