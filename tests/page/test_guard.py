"""Nobody but the browser that was given the token gets anything."""

from __future__ import annotations

import pytest

from avsep.page.guard import make_token, name_hosts
from page_set import HOST, ORIGIN, TOKEN


def test_a_browser_without_the_token_gets_nothing(stranger):
    for address in ("/", "/static/page.js", "/api/jobs", "/api/folders/", "/results/1.zip"):
        answer = stranger.get(address)
        assert answer.status_code == 401
        assert "token" in answer.text
    assert stranger.get("/", params={"token": "another"}).status_code == 401
    assert stranger.get("/api/jobs", params={"token": TOKEN}).status_code == 401


def test_the_token_opens_the_page_and_always_leaves_the_address(browser):
    entrance = browser.get("/", params={"token": TOKEN})
    assert browser.get("/").status_code == 200
    assert (entrance.status_code, entrance.headers["location"]) == (303, "/")
    cookie = browser.cookies.jar
    assert [c.name for c in cookie] == ["avsep-8000"]
    assert all(c.has_nonstandard_attr("HttpOnly") for c in cookie)
    assert all(c.get_nonstandard_attr("SameSite") == "strict" for c in cookie)


@pytest.mark.parametrize("host", ["evil.example:8000", "127.0.0.1:9000", "127.0.0.1", ""])
def test_another_name_for_this_machine_is_refused(browser, host):
    assert browser.get("/api/jobs", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", f"https://{HOST}"])
def test_what_changes_something_must_come_from_the_page_itself(browser, origin):
    order = {"kind": "people", "recording": "talk.mp4", "wanted": {}}
    answer = browser.post("/api/jobs", json=order, headers={"origin": origin})
    assert answer.status_code == 403
    assert browser.put("/api/recordings/a.mp4", content=b"x").status_code == 403
    assert browser.delete("/api/jobs/1", headers={"origin": origin}).status_code == 403


def test_every_answer_forbids_what_the_page_does_not_need(browser):
    for address in ("/", "/api/jobs", "/nowhere"):
        headers = browser.get(address, headers=ORIGIN).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_tokens_are_long_and_never_the_same():
    assert len({make_token() for _ in range(100)}) == 100
    assert len(make_token()) >= 32


def test_a_server_that_others_reach_has_the_name_they_use_too():
    assert name_hosts("192.168.1.20", 80)[0] == "192.168.1.20:80"
    assert name_hosts("::1", 80)[0] == "[::1]:80"
    assert name_hosts("127.0.0.1", 80) == ["127.0.0.1:80", "localhost:80", "[::1]:80"]
