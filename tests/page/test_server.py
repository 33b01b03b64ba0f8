"""What the addresses answer."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import avsep.page
from avsep.page.orders import Job, read_options
from page_set import ORIGIN

STATIC = Path(avsep.page.__file__).parent


def test_a_dropped_recording_is_listed(browser, library):
    answer = browser.put("/api/recordings/a%20b%23.mp4", content=b"video", headers=ORIGIN)
    assert answer.json() == {"name": "a b#.mp4"}
    found = browser.get("/api/recordings").json()
    assert [(r["name"], r["bytes"]) for r in found["recordings"]] == [("a b#.mp4", 5)]
    assert found["folder"] == library.folder.name


def test_a_refusal_is_a_sentence_with_a_hint(browser):
    answer = browser.put("/api/recordings/run.sh", content=b"x", headers=ORIGIN)
    assert answer.status_code == 400
    assert "not called like a video" in answer.json()["error"]
    assert answer.json()["hint"]


def test_jobs_are_kept_in_order_and_can_be_taken_out(browser, library):
    (library.folder / "a.mp4").write_bytes(b"x")
    for kind in ("people", "split"):
        order = {"kind": kind, "recording": "a.mp4", "wanted": {"speakers": {"1": "Anna"}}}
        assert browser.post("/api/jobs", json=order, headers=ORIGIN).status_code == 201
    jobs = browser.get("/api/jobs").json()
    assert [(j["number"], j["kind"], j["state"]) for j in jobs] == [
        (1, "people", "waiting"),
        (2, "split", "waiting"),
    ]
    browser.delete("/api/jobs/1", headers=ORIGIN)
    assert [j["state"] for j in browser.get("/api/jobs").json()] == ["cancelled", "waiting"]
    browser.delete("/api/jobs/1", headers=ORIGIN)
    assert [j["number"] for j in browser.get("/api/jobs").json()] == [2]


def test_odd_jobs_are_refused(browser, library):
    (library.folder / "a.mp4").write_bytes(b"x")
    odd = [
        [],
        {"kind": "wipe", "recording": "a.mp4", "wanted": {}},
        {"kind": "split", "recording": "../a.mp4", "wanted": {}},
        {"kind": "split", "recording": "a.mp4", "wanted": {"model": "/etc/passwd"}},
        {"kind": "split", "recording": "a.mp4", "wanted": {"speakers": "all"}},
        {"kind": "split", "recording": "a.mp4", "wanted": {"speakers": {"1": "../../x"}}},
    ]
    for order in odd:
        assert browser.post("/api/jobs", json=order, headers=ORIGIN).status_code == 400
    assert browser.post("/api/jobs", content=b"{", headers=ORIGIN).status_code == 400
    assert browser.get("/api/jobs").json() == []


def test_options_come_out_as_the_page_says():
    options = read_options({"flac": True, "replay": True, "speakers": {"2": "Ben"}, "mkv": False})
    assert (options.suffix, options.sample_format) == (".flac", "24")
    assert options.replay is not None
    assert options.speakers == {2: "Ben"}
    assert options.report
    assert not options.mkv


def test_the_waveform_shows_when_it_is_loud(browser, library, make_media):
    tone = ("-f", "lavfi", "-i", "sine=440:d=2,volume='if(lt(t,1),0,1)':eval=frame")
    made = make_media("a.mkv", "-f", "lavfi", "-i", "color=s=64x64:d=2", *tone)
    made.rename(library.folder / "a b.mkv")
    found = browser.get("/api/waveforms/a%20b.mkv").json()
    assert abs(found["seconds"] - 2) < 0.1
    assert max(found["peaks"][:450]) < 0.05
    assert min(found["peaks"][550:950]) > 0.5
    assert browser.get("/api/waveforms/..%2Fx.mkv").status_code == 400


def test_faces_of_one_name_become_one_voice():
    options = read_options({"speakers": {"1": "Anna", "2": "Ben", "3": "Anna"}})
    assert options.groups == ("Anna=1,3",)
    assert options.speakers == {1: "speaker-1", 2: "Ben", 3: "speaker-3"}


def test_files_of_a_result_come_whole_or_in_part(browser, result):
    listed = browser.get("/results/1/files").json()
    assert listed == [
        {"name": "report.html", "bytes": 11},
        {"name": "speaker-1.wav", "bytes": 200},
    ]
    assert browser.get("/results/1/speaker-1.wav").content == bytes(range(200))
    part = browser.get("/results/1/speaker-1.wav", headers={"range": "bytes=10-19"})
    assert part.status_code == 206
    assert part.content == bytes(range(10, 20))


def test_all_files_come_as_one_archive(browser, result):
    archive = zipfile.ZipFile(io.BytesIO(browser.get("/results/1.zip").content))
    assert archive.testzip() is None
    assert archive.namelist() == ["talk/report.html", "talk/speaker-1.wav"]
    assert archive.read("talk/speaker-1.wav") == bytes(range(200))


def test_nothing_outside_of_a_result_is_sent(browser, result, library):
    (library.folder / "secret.mp4").write_bytes(b"secret")
    (result / "link.wav").symlink_to(library.folder / "secret.mp4")
    for name in ("..%2F..%2Fsecret.mp4", "%2Fetc%2Fpasswd", "link.wav", "nowhere.wav", "..%2f"):
        assert browser.get(f"/results/1/{name}").status_code == 404
    assert b"secret" not in browser.get("/results/1.zip").content
    assert browser.get("/results/2/speaker-1.wav").status_code == 404
    assert browser.get("/static/..%2f..%2fguard.py").status_code == 404


def test_both_languages_say_the_same_things():
    english, german = (json.loads((STATIC / f"texts/{x}.json").read_text()) for x in ("en", "de"))
    assert english.keys() == german.keys()
    script = (STATIC / "static/page.js").read_text() + (STATIC / "static/index.html").read_text()
    states = Job.__annotations__["state"], "waiting", "working", "done", "failed", "cancelled"
    for key in english:
        assert key in script or key in states or key.startswith("stage ")


def test_the_page_asks_nobody_but_its_own_server():
    for path in (STATIC / "static").iterdir():
        assert "//" not in path.read_text().replace("// ", "").replace('"use', "")
