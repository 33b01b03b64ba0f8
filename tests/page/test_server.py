"""What the addresses answer."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import avsep.page
from avsep.options import Options
from avsep.outputs.catalogue.subtitles import Subtitles
from avsep.page.library import stamp
from avsep.page.messages import Found, Seen
from avsep.page.orders import read_options
from page_set import ORIGIN

STATIC = Path(avsep.page.__file__).parent


def test_a_dropped_recording_is_listed(browser, folder):
    answer = browser.put("/api/recordings/a%20b%23.mp4", content=b"video", headers=ORIGIN)
    assert answer.json() == {"name": "a b#.mp4"}
    found = browser.get("/api/folders/").json()
    assert [(r["name"], r["bytes"]) for r in found["recordings"]] == [("a b#.mp4", 5)]
    assert found["top"] == folder.name


def test_a_refusal_is_a_sentence_with_a_hint(browser):
    answer = browser.put("/api/recordings/run.sh", content=b"x", headers=ORIGIN)
    assert answer.status_code == 400
    assert "not called like a video" in answer.json()["error"]
    assert answer.json()["hint"]


def test_jobs_are_kept_in_order_and_can_be_taken_out(browser, folder):
    (folder / "a.mp4").write_bytes(b"x")
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


def test_odd_jobs_are_refused(browser, folder):
    (folder / "a.mp4").write_bytes(b"x")
    odd = [
        [],
        {"kind": "wipe", "recording": "a.mp4", "wanted": {}},
        {"kind": "split", "recording": "../a.mp4", "wanted": {}},
        {"kind": "split", "recording": "a.mp4", "wanted": {"model": "/etc/passwd"}},
        {"kind": "split", "recording": "a.mp4", "wanted": {"speakers": "all"}},
        {"kind": "split", "recording": "a.mp4", "wanted": {"divide": ["1=x"]}},
        {"kind": "split", "recording": "a.mp4", "wanted": {"divide": "1=0-1"}},
        {"kind": "split", "recording": "\ud800.mp4", "wanted": {}},
        {"kind": "split", "recording": "a.mp4", "wanted": {"speakers": {"1": "\ud800"}}},
        {"kind": "split", "recording": "a.mp4", "wanted": {"speakers": {"1": "../../x"}}},
    ]
    for order in odd:
        sent = browser.post("/api/jobs", content=json.dumps(order), headers=ORIGIN)
        assert sent.status_code == 400
    for content in (b"{", b"\xff", b"[" * 100_000, b" " * (1 << 21)):
        assert browser.post("/api/jobs", content=content, headers=ORIGIN).status_code == 400
    assert browser.get("/api/jobs").json() == []


def test_options_come_out_as_the_page_says():
    options = read_options({"flac": True, "replay": True, "speakers": {"2": "Ben"}, "mkv": False})
    assert (options.suffix, options.sample_format) == (".flac", "24")
    assert options.replay is not None
    assert options.speakers == {2: "Ben"}
    assert options.report
    assert not options.mkv


def test_the_waveform_shows_when_it_is_loud(browser, folder, make_media):
    tone = ("-f", "lavfi", "-i", "sine=440:d=2,volume='if(lt(t,1),0,1)':eval=frame")
    made = make_media("a.mkv", "-f", "lavfi", "-i", "color=s=64x64:d=2", *tone)
    made.rename(folder / "a b.mkv")
    found = browser.get("/api/waveforms/a%20b.mkv").json()
    assert abs(found["seconds"] - 2) < 0.1
    assert max(found["peaks"][:450]) < 0.05
    assert min(found["peaks"][550:950]) > 0.5
    assert browser.get("/api/waveforms/..%2Fx.mkv").status_code == 400


def test_faces_of_one_name_become_one_voice():
    options = read_options({"speakers": {"1": "Anna", "2": "Ben", "3": "Anna"}})
    assert options.groups == ("Anna=1,3",)
    assert options.speakers == {1: "speaker-1", 2: "Ben", 3: "speaker-3"}


def test_a_name_of_several_faces_that_cannot_be_written_is_refused_in_words(browser, folder):
    (folder / "a.mp4").write_bytes(b"x")
    for speakers, status in (({"1": "A=B"}, 201), ({"1": "A=B", "2": "A=B"}, 400)):
        order = {"kind": "split", "recording": "a.mp4", "wanted": {"speakers": speakers}}
        answer = browser.post("/api/jobs", json=order, headers=ORIGIN)
        assert answer.status_code == status
    assert "several faces" in answer.json()["error"]


def test_files_of_a_result_come_whole_or_in_part(browser, result):
    listed = browser.get("/results/1/files").json()
    assert listed["files"] == [
        {"name": "report.html", "bytes": 11},
        {"name": "speaker-1.wav", "bytes": 200},
    ]
    assert browser.get("/results/1/speaker-1.wav").content == bytes(range(200))
    part = browser.get("/results/1/speaker-1.wav", headers={"range": "bytes=10-19"})
    assert part.status_code == 206
    assert part.content == bytes(range(10, 20))


def test_the_page_of_a_result_can_do_nothing_in_our_name(browser, result):
    shown = browser.get("/results/1/files").json()["shown"]
    browser.cookies.clear()
    page = browser.get(f"{shown}report.html")
    assert page.text == "<p>talk</p>"
    assert "sandbox allow-scripts" in page.headers["content-security-policy"]
    assert "allow-same-origin" not in page.headers["content-security-policy"]
    assert browser.get(f"{shown}speaker-1.wav").status_code == 200
    # Its key opens nothing else.
    for other in (shown.replace("/1/", "/2/"), "/shown/" + "0" * 64 + "/1/"):
        assert browser.get(f"{other}report.html").status_code == 401
    assert browser.get(f"{shown}..%2f..%2f..%2fapi/jobs").status_code in (401, 404)
    assert browser.get("/results/1/files").status_code == 401


def test_a_file_of_a_result_is_kept_and_not_opened(browser, result):
    sent = browser.get("/results/1/report.html")
    assert sent.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in sent.headers["content-security-policy"]


def test_all_files_come_as_one_archive(browser, result):
    archive = zipfile.ZipFile(io.BytesIO(browser.get("/results/1.zip").content))
    assert archive.testzip() is None
    assert archive.namelist() == ["talk/report.html", "talk/speaker-1.wav"]
    assert archive.read("talk/speaker-1.wav") == bytes(range(200))


def test_nothing_outside_of_a_result_is_sent(browser, result, folder):
    (folder / "secret.mp4").write_bytes(b"secret")
    (result / "link.wav").symlink_to(folder / "secret.mp4")
    for name in ("..%2F..%2Fsecret.mp4", "%2Fetc%2Fpasswd", "link.wav", "nowhere.wav", "..%2f"):
        assert browser.get(f"/results/1/{name}").status_code == 404
    assert b"secret" not in browser.get("/results/1.zip").content
    assert browser.get("/results/2/speaker-1.wav").status_code == 404
    assert "gone" in browser.get("/results/2/files").json()["error"]
    assert browser.get("/static/..%2f..%2fguard.py").status_code == 404


def test_all_languages_say_the_same_things():
    texts = {path.stem: json.loads(path.read_text()) for path in (STATIC / "texts").iterdir()}
    assert texts.keys() >= {"en", "de", "fr"}
    english = texts["en"]
    for said in texts.values():
        assert said.keys() == english.keys()
        for key, text in said.items():  # whatever is filled in, is so in all
            assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", english[key])), key
    page = (STATIC / "static" / "index.html").read_text()
    assert all(f'<option value="{language}">' in page for language in texts)
    script = "".join(path.read_text() for path in (STATIC / "static").iterdir())
    states = "waiting", "working", "done", "failed", "cancelled"
    for key in english:
        assert key in script or key in states or key.startswith(("stage ", "refused "))


def test_the_page_asks_nobody_but_its_own_server():
    for path in (STATIC / "static").iterdir():
        assert "//" not in path.read_text().replace("// ", "").replace('"use', "")


def test_other_folders_are_browsed_and_take_uploads(browser, folder):
    (folder / "day one").mkdir()
    (folder / "day one" / "a.mp4").write_bytes(b"x")
    top = browser.get("/api/folders/").json()
    assert top["folders"] == ["day one"]
    sent = browser.put("/api/recordings/day%20one/b.mp4", content=b"video", headers=ORIGIN)
    assert sent.json() == {"name": "day one/b.mp4"}
    found = browser.get("/api/folders/day%20one").json()
    assert [r["name"] for r in found["recordings"]] == ["day one/a.mp4", "day one/b.mp4"]
    assert found["trail"] == [""]


def test_nothing_is_browsed_or_kept_outside(browser, folder, tmp_path):
    (tmp_path / "videos" / "link").symlink_to(tmp_path)
    for name in ("..", "%2e%2e", "link", "%2Fetc", "a%2F..%2F..", "nowhere", "%00"):
        assert browser.get(f"/api/folders/{name}").status_code in (400, 404)
        sent = browser.put(f"/api/recordings/{name}/b.mp4", content=b"x", headers=ORIGIN)
        assert sent.status_code in (400, 404, 405)
    assert [p.name for p in tmp_path.rglob("*.mp4")] == []


def test_people_are_told_once_they_are_found_and_their_faces_forgotten_with_the_job(
    browser, queue, folder
):
    (folder / "a.mp4").write_bytes(b"x")
    queue.add("people", "a.mp4", {})
    queue._hear(1, Seen(b"early"))
    assert browser.get("/api/jobs").json()[0]["faces"] == 1
    assert browser.get("/api/jobs/1/seen/0.jpg").content == b"early"
    assert browser.get("/api/jobs/1/seen/1.jpg").status_code == 404
    people = ({"number": 2, "name": "speaker-2"},)
    queue._conclude(queue.get(1), Found(people, {(2, 0): b"late"}))
    assert browser.get("/api/jobs/1/people").json()["people"] == list(people)
    assert browser.get("/api/jobs/1/people/2/0.jpg").content == b"late"
    browser.delete("/api/jobs/1", headers=ORIGIN)
    assert browser.get("/api/jobs").json() == []
    assert browser.get("/api/jobs/1/people/2/0.jpg").status_code == 404
    assert not queue._faces


def test_switches_turn_what_is_usual_on_and_off():
    usual = Options(
        suffix=".flac", sample_format="16", mkv=True, handles=2.0, language="de", divide=("1=0-1",)
    )
    kept = read_options(
        {"flac": True, "mkv": False, "divide": ["1=2-3"], "range": "0:05-0:09"}, usual
    )
    assert (kept.suffix, kept.sample_format, kept.mkv) == (".flac", "16", False)
    assert (kept.handles, kept.language) == (2.0, "de")
    assert kept.divide == ("1=0:00-0:01", "1=0:02-0:03")
    assert kept.ranges == ("0:05-0:09",)
    assert read_options({"flac": False}, usual).suffix == ".wav"
    assert read_options({"subtitles": True}).subtitles == Subtitles(("srt", "vtt"))
    own = Options(subtitles=Subtitles(("srt",), "tiny"))
    assert read_options({"subtitles": True}, own).subtitles == own.subtitles
    assert read_options({"subtitles": False}, own).subtitles is None


def test_a_switch_whose_package_is_missing_says_so_and_its_job_is_refused(
    browser, folder, monkeypatch
):
    (folder / "a.mp4").write_bytes(b"x")
    monkeypatch.setattr("avsep.speech.whisper.PACKAGE", "no_such_package")
    told = browser.get("/api/settings/a.mp4").json()
    assert "avsep[subtitles]" in told["lacking"]["subtitles"]["hint"]
    assert told["switches"]["subtitles"] is False
    order = {"kind": "split", "recording": "a.mp4", "wanted": {"subtitles": True}}
    assert browser.post("/api/jobs", json=order, headers=ORIGIN).status_code == 400
    assert browser.get("/api/jobs").json() == []
    monkeypatch.setattr("avsep.speech.whisper.PACKAGE", "json")
    assert browser.get("/api/settings/a.mp4").json()["lacking"] == {}
    assert browser.post("/api/jobs", json=order, headers=ORIGIN).status_code == 201


def test_a_result_that_is_there_is_not_split_again_unless_it_may_be_replaced(
    browser, folder, result
):
    (folder / "talk.mp4").write_bytes(b"x")
    order = {"kind": "split", "recording": "talk.mp4", "wanted": {}}
    refused = browser.post("/api/jobs", json=order, headers=ORIGIN)
    assert (refused.status_code, refused.json()["kind"]) == (400, "TakenError")
    for wanted in ({"force": True}, {"range": "0:00-0:01"}):
        again = browser.post("/api/jobs", json=order | {"wanted": wanted}, headers=ORIGIN)
        assert again.status_code == 201
    assert browser.post("/api/jobs", json=order | {"kind": "people"}, headers=ORIGIN).is_success


def test_people_of_a_recording_that_has_changed_are_not_named(browser, folder):
    path = folder / "a.mp4"
    path.write_bytes(b"one")
    wanted = {"speakers": {"1": "Anna"}, "stamp": stamp(path)}
    order = {"kind": "split", "recording": "a.mp4", "wanted": wanted}
    assert browser.post("/api/jobs", json=order, headers=ORIGIN).status_code == 201
    path.write_bytes(b"another")
    refused = browser.post("/api/jobs", json=order, headers=ORIGIN)
    assert refused.status_code == 400
    assert "has changed" in refused.json()["error"]
