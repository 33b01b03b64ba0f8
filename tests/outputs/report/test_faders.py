"""The page's faders in a browser: what is heard, what is saved, who can use them.

What is expected of sounds comes from soundfile and arithmetic.
"""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import tomllib
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from avsep.faces.people import LipClip, People, Person
from avsep.faces.portraits import name_portrait
from avsep.faces.tracks import Track
from avsep.media.probing import probe
from avsep.outputs.report.page import write_report
from avsep.separation.recording import Separation, Speaker
from avsep.separation.stems import VoiceFiles

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
SECONDS, RATE = 22.5, 44_100
GAIN = 6.0  # dB by which the second voice's file is louder than the recording
TONES = {"0": 700, "1": 440, "2": 1000, "r": 3000}  # Hz
SIZES = {"0": 0.3, "1": 0.2, "2": 0.1 * 10 ** (GAIN / 20), "r": 0.05}
# Lets a test hear what the page plays, and see when it starts what.
LISTENING = """
window.started = [];
const begin = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (...when) {
  window.started.push(when);
  return begin.apply(this, when);
};
const join = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (target, ...others) {
  if (target instanceof AudioDestinationNode) {
    window.ear ??= this.context.createAnalyser();
    window.ear.fftSize = 32768;
    join.call(this, window.ear);
  }
  return join.call(this, target, ...others);
};
window.listen = () => {
  const heard = new Float32Array(window.ear.fftSize);
  window.ear.getFloatTimeDomainData(heard);
  return [...heard];
};
"""


def tone(key: str, rate: int = RATE) -> np.ndarray:
    time = np.arange(round(SECONDS * rate)) / rate
    return (SIZES[key] * np.sin(2 * np.pi * TONES[key] * time)).astype(np.float32)


def measure(sound: np.ndarray, rate: int, frequency: float) -> float:
    """Amplitude of a tone in half a second in the middle."""
    half = rate // 2
    window, start = np.hanning(half), (len(sound) - half) // 2
    wave = np.exp(-2j * np.pi * frequency * np.arange(half) / rate)
    return float(2 * np.abs((sound[start : start + half] * window) @ wave) / window.sum())


def in_decibels(amplitude: float, reference: float) -> float:
    return 20 * np.log10((amplitude + 1e-9) / reference)


@pytest.fixture(scope="module")
def separation(make_media, tmp_path_factory) -> Separation:
    """A recording of two speakers, each sound a tone of its own, made without any network."""
    work = tmp_path_factory.mktemp("faders")
    made = work / "made"
    made.mkdir()
    source = ("-f", "lavfi", "-i", f"testsrc2=size=160x120:rate=25:duration={SECONDS}")
    sound = ("-f", "lavfi", "-i", f"sine=duration={SECONDS}")
    video = make_media("a b #1.mp4", *source, *sound, "-c:v", "libx264", "-c:a", "aac")
    files = {"0": work / "mixture.wav", "1": made / "Anna & co.wav", "2": made / "speaker-2.wav"}
    files["r"] = made / "rest.wav"
    for key, path in files.items():
        left = tone(key)
        soundfile.write(path, np.stack([left, left], 1), RATE, "FLOAT")
    people = []
    for number in (1, 2):
        mouths = work / f"face-{number}"
        np.zeros((160, 160, 3), np.uint8).tofile(name_portrait(mouths))
        boxes = np.tile(np.float32([5, 5, 35, 45]), (50, 1))
        points = np.tile(np.float32([[0, 0], [40, 0], [20, 20], [5, 40], [35, 40]]), (50, 1, 1))
        track = Track(number, 0, boxes, points, 0)
        people.append(Person(number, (LipClip(track, mouths, 80),)))
    voices = [VoiceFiles(files["1"], files["1"]), VoiceFiles(files["2"], files["2"], gain=GAIN)]
    speakers = tuple(
        Speaker(name, person, voice, ((0, 20),))
        for name, person, voice in zip(("Anna & co", "speaker-2"), people, voices, strict=True)
    )
    seen = People(tuple(clip for person in people for clip in person.clips), (), 50, ())
    rest = VoiceFiles(files["r"], files["r"])
    info = replace(probe(video), duration=SECONDS)
    return Separation(info, seen, speakers, rest, files["0"], made)


@pytest.fixture(scope="module")
def written(separation):
    return write_report(separation)[0]


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine: apt install chromium")
    with playwright.sync_playwright() as driver:
        # Without a sandbox, which root may not have; the page is our own.
        yield driver.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False)


@pytest.fixture
def open_page(browser):
    """Open a page; whatever it asks of a network, or complains of, fails the test."""
    opened = []

    def open_(path):
        page = browser.new_page(viewport={"width": 1000, "height": 900})
        wrong: list[str] = []
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request",
            lambda request: (
                request.url.startswith(("file:", "data:", "blob:")) or wrong.append(request.url)
            ),
        )
        page.add_init_script(LISTENING)
        page.goto(path.as_uri())
        opened.append((page, wrong))
        return page

    yield open_
    for page, wrong in opened:
        page.close()
        assert wrong == []


@pytest.fixture
def page(open_page, written):
    return open_page(written)


def wait(page, condition):
    """Until something holds; the page's policy keeps its own scripts from being asked."""
    for _ in range(400):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{condition} never held")


def set_fader(page, name, decibels):
    """By the keyboard: a press is half a decibel."""
    fader = page.get_by_role("slider", name=f"Level of {name}", exact=True)
    fader.focus()
    for _ in range(round(abs(decibels) * 2)):
        page.keyboard.press("ArrowLeft" if decibels < 0 else "ArrowRight")
    return fader


def save(page, button, **clicked):
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).click(**clicked)
    return download.value


def hear(page) -> dict[str, float]:
    """Play for a moment; how loud each tone comes out of the page."""
    page.locator("#seek").focus()
    page.keyboard.press("Home")
    page.get_by_role("button", name="Play", exact=True).click()
    wait(page, "Number(document.querySelector('#seek').value) > 1.2")
    heard = np.array(page.evaluate("listen()"), np.float32)
    page.get_by_role("button", name="Pause", exact=True).click()
    return {key: measure(heard, 48_000, tone) for key, tone in TONES.items()}


def level_of(heard, key) -> float:
    """Against the tone in the recording; what is 40 dB below is what a coder makes of others."""
    gain = 10 ** (GAIN / 20) if key == "2" else 1
    return in_decibels(heard[key], SIZES[key] / gain)


def test_at_first_the_recording_is_heard_and_the_mix_when_it_is_chosen(page):
    heard = hear(page)
    assert level_of(heard, "0") == pytest.approx(0, abs=0.5)
    assert max(level_of(heard, key) for key in "12r") < -40
    page.keyboard.press("m")
    heard = hear(page)
    assert level_of(heard, "0") < -40
    assert [level_of(heard, key) for key in "12r"] == pytest.approx([0, 0, 0], abs=0.5)


def test_a_fader_moves_its_voice_and_no_other(page):
    fader = set_fader(page, "speaker-2", -12)
    assert fader.get_attribute("aria-valuetext") == "\N{MINUS SIGN}12.0 dB"
    assert (
        page.get_by_role("button", name="mix all of these").get_attribute("aria-pressed") == "true"
    )
    heard = hear(page)
    assert [level_of(heard, key) for key in "12r"] == pytest.approx([0, -12, 0], abs=0.5)


def test_solo_and_mute_are_obeyed_also_together(page):
    page.get_by_role("button", name="Solo Anna & co", exact=True).click()
    page.get_by_role("button", name="Solo rest", exact=True).press(" ")
    heard = hear(page)
    assert [level_of(heard, key) for key in "1r"] == pytest.approx([0, 0], abs=0.5)
    assert level_of(heard, "2") < -40
    page.get_by_role("button", name="Mute rest", exact=True).click()
    heard = hear(page)
    assert level_of(heard, "1") == pytest.approx(0, abs=0.5)
    assert max(level_of(heard, key) for key in "2r") < -40
    page.keyboard.press("2")
    heard = hear(page)
    assert level_of(heard, "2") == pytest.approx(0, abs=0.5)
    assert max(level_of(heard, key) for key in "1r") < -40


def test_all_sounds_begin_on_the_same_sample_and_pieces_follow_without_a_gap(page):
    page.locator("#seek").evaluate(
        "seek => { seek.value = 8; seek.dispatchEvent(new Event('input')) }"
    )
    page.get_by_role("button", name="Play", exact=True).click()
    wait(page, "window.started.length >= 8")
    first, second = (page.evaluate("window.started")[start : start + 4] for start in (0, 4))
    assert len({tuple(when) for when in first}) == len({tuple(when) for when in second}) == 1
    (due, skipped, length), (then, lead, rest) = first[0], second[0]
    assert skipped >= 8  # what a slow machine comes too late for is left out, not played later
    assert skipped + length == pytest.approx(10)
    late = lead - 0.1
    assert then - late == pytest.approx(due + length)
    assert rest + late == pytest.approx(10)


def test_the_picture_goes_with_the_sound(page):
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Play", exact=True).click()
    wait(page, "Number(document.querySelector('#seek').value) > 6")
    apart = page.evaluate(
        "document.querySelector('video').currentTime - document.querySelector('#seek').value"
    )
    assert abs(apart) < 0.25


def test_the_end_is_the_end_and_play_begins_anew(page):
    page.locator("#seek").evaluate(
        "seek => { seek.value = 22; seek.dispatchEvent(new Event('input')) }"
    )
    page.get_by_role("button", name="Play", exact=True).click()
    page.get_by_role("button", name="Play", exact=True).wait_for()
    assert float(page.locator("#seek").input_value()) == SECONDS
    page.get_by_role("button", name="Play", exact=True).click()
    wait(page, "Number(document.querySelector('#seek').value) < 2")


def read_pieces(path) -> dict[str, np.ndarray]:
    """All sounds of a page as libopus decodes them, joined."""
    text = "".join(each.read_text() for each in [path, *path.parent.glob("report.sounds-*.js")])
    pieces = [json.loads(found) for found in re.findall(r'\{"0": "T2dn[^}]*\}', text)]
    joined: dict[str, list[np.ndarray]] = {key: [] for key in TONES}
    for number, piece in enumerate(pieces):
        lead = 4800 if number else 0
        length = round(min(10, SECONDS - 10 * number) * 48_000)
        for key, content in piece.items():
            sound, _ = soundfile.read(io.BytesIO(base64.b64decode(content)))
            joined[key].append(sound[lead : lead + length])
    return {key: np.concatenate(sounds) for key, sounds in joined.items()}


def test_the_saved_mix_has_every_level_to_a_hundredth_of_a_decibel(page, written, tmp_path):
    set_fader(page, "Anna & co", -12)
    set_fader(page, "speaker-2", 3.5)
    download = save(page, "Save mix as WAV")
    assert download.suggested_filename == "a b #1.mix.wav"
    download.save_as(tmp_path / "mix.wav")
    mix, rate = soundfile.read(tmp_path / "mix.wav")
    assert (rate, len(mix)) == (48_000, round(SECONDS * 48_000))
    assert soundfile.info(tmp_path / "mix.wav").subtype == "FLOAT"
    copies = read_pieces(written)
    for key, level in {"1": -12, "2": 3.5 - GAIN, "r": 0}.items():
        found = in_decibels(measure(mix, rate, TONES[key]), measure(copies[key], rate, TONES[key]))
        assert found == pytest.approx(level, abs=0.01)
        # The coder's loss against the file itself.
        assert level_of({key: measure(mix, rate, TONES[key])}, key) == pytest.approx(
            level + (GAIN if key == "2" else 0), abs=0.2
        )
    sums = {"1": 10 ** (-12 / 20), "2": 10 ** ((3.5 - GAIN) / 20), "r": 1.0}
    expected = sum(factor * copies[key] for key, factor in sums.items())
    assert np.abs(mix[: len(expected)] - expected).max() < 1e-4


def test_in_full_quality_the_mix_is_the_sum_of_the_files(page, separation, tmp_path):
    set_fader(page, "Anna & co", -12)
    page.get_by_role("button", name="Mute rest", exact=True).click()
    files = [speaker.voice.full for speaker in separation.speakers]
    with page.expect_file_chooser() as chooser, page.expect_download() as download:
        page.get_by_role("button", name="Save mix in full quality …").click()
        chooser.value.set_files([*files, separation.rest.full])
    download.value.save_as(tmp_path / "mix.wav")
    mix, rate = soundfile.read(tmp_path / "mix.wav")
    first, second = (soundfile.read(file)[0] for file in files)
    assert rate == RATE
    expected = first * 10 ** (-12 / 20) + second * 10 ** (-GAIN / 20)
    np.testing.assert_allclose(mix, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "subtype"),
    [
        ("WAV", "PCM_16"),
        ("WAV", "PCM_24"),
        ("WAVEX", "FLOAT"),
        ("RF64", "PCM_24"),
        ("RF64", "FLOAT"),
    ],
)
def test_files_of_every_kind_that_avsep_writes_are_mixed(page, tmp_path, kind, subtype):
    sound = np.random.default_rng(0).uniform(-0.4, 0.4, (9999, 3))
    for name in ("Anna & co.wav", "speaker-2.wav", "rest.wav"):
        soundfile.write(tmp_path / name, sound, RATE, subtype, format=kind)
    page.get_by_role("button", name="Mute speaker-2", exact=True).click()
    with page.expect_download() as download:
        page.locator("#files").set_input_files(sorted(tmp_path.iterdir()))
    download.value.save_as(tmp_path / "mix.wav")
    mix, _ = soundfile.read(tmp_path / "mix.wav")
    (kept, _) = soundfile.read(tmp_path / "rest.wav")
    np.testing.assert_allclose(mix, 2 * kept, atol=1e-6)


def test_a_file_that_is_missing_or_no_sound_is_named_and_nothing_is_saved(
    page, separation, tmp_path
):
    page.locator("#files").set_input_files(separation.rest.full)
    status = page.get_by_role("status")
    assert status.inner_text() == "Not possible: choose also Anna & co.wav, speaker-2.wav."
    for name in ("Anna & co.wav", "speaker-2.wav", "rest.wav"):
        (tmp_path / name).write_bytes(b"no sound")
    page.locator("#files").set_input_files(sorted(tmp_path.iterdir()))
    wait(page, "document.querySelector('#status').textContent.includes('no WAV file')")


def test_levels_are_saved_as_settings_for_others(page, tmp_path):
    set_fader(page, "speaker-2", -12)
    set_fader(page, "rest", -12)
    download = save(page, "Save levels")
    assert download.suggested_filename == "a b #1.levels.toml"
    download.save_as(tmp_path / "levels.toml")
    text = (tmp_path / "levels.toml").read_text()
    assert tomllib.loads(text) == {"others": "1=-12.0dB"}
    assert "#   -12.0 dB  speaker-2" in text


def test_levels_that_are_no_others_say_so_and_ask_for_nothing(page, tmp_path):
    set_fader(page, "speaker-2", -12)
    save(page, "Save levels").save_as(tmp_path / "levels.toml")
    assert tomllib.loads((tmp_path / "levels.toml").read_text()) == {}
    assert "are no --others" in page.get_by_role("status").inner_text()


def test_reset_makes_the_mix_the_recording_again(page):
    set_fader(page, "rest", -5)
    page.keyboard.press("1")
    page.get_by_role("button", name="Faders to 0 dB").click()
    assert page.get_by_role("slider", name="Level of rest").input_value() == "0"
    assert (
        page.get_by_role("button", name="mix all of these").get_attribute("aria-pressed") == "true"
    )


def test_a_long_recording_is_played_and_mixed_from_files_beside_the_page(
    open_page, separation, tmp_path
):
    beside = tmp_path / "made"
    beside.mkdir()
    page, *others = write_report(replace(separation, folder=beside), most=1000)
    assert [path.name for path in others] == ["report.mp4", "report.sounds-01.js"]
    shown = open_page(page)
    shown.keyboard.press("m")
    heard = hear(shown)
    assert [level_of(heard, key) for key in "12r"] == pytest.approx([0, 0, 0], abs=0.5)
    save(shown, "Save mix as WAV").save_as(tmp_path / "mix.wav")
    mix, rate = soundfile.read(tmp_path / "mix.wav")
    for key, copy in read_pieces(page).items():
        expected = 0 if key in "1r" else -GAIN
        found = in_decibels(measure(mix, rate, TONES[key]), measure(copy, rate, TONES[key]))
        assert key == "0" or found == pytest.approx(expected, abs=0.01)


def test_a_missing_part_is_named(browser, separation, tmp_path):
    beside = tmp_path / "made"
    beside.mkdir()
    page, _, part = write_report(replace(separation, folder=beside), most=1000)
    part.unlink()
    shown = browser.new_page()
    shown.goto(page.as_uri())
    shown.get_by_role("button", name="Play", exact=True).click()
    status = shown.get_by_role("status")
    wait(shown, "document.querySelector('#status').textContent")
    assert status.inner_text() == (
        "Not possible: report.sounds-01.js does not lie beside this page."
    )
    shown.close()


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (390, "light"), (1280, "dark")])
def test_the_faders_fit_a_phone_and_a_desktop(browser, written, width, scheme):
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.goto(written.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    fader = page.get_by_role("slider", name="Level of speaker-2").bounding_box()
    assert fader["width"] > 80
    colours = page.locator(".level").first.evaluate(
        "level => [getComputedStyle(level).color, getComputedStyle(document.body).backgroundColor]"
    )
    ink, paper = (sum(map(int, re.findall(r"\d+", colour))) for colour in colours)
    assert (ink < paper) == (scheme == "light")
    page.close()


def test_everything_can_be_reached_and_named_by_the_keyboard_alone(page):
    named = []
    for _ in range(25):
        page.keyboard.press("Tab")
        named.append(
            page.evaluate(
                "(({ id, textContent, ariaLabel }) => ariaLabel || textContent.trim() || id)"
                "(document.activeElement)"
            )
        )
    for name in (
        "Solo rest",
        "Mute rest",
        "Level of rest",
        "Save levels",
        "Save mix as WAV",
        "Time",
    ):
        assert name in named
    assert all(named)
