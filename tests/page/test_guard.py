"""Nobody but the browser that was given the token gets anything."""

from __future__ import annotations

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from avsep.page.guard import Guard, make_token, name_hosts
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


@pytest.mark.parametrize(
    "others", ['prefs={"a":1}', "a b=c d", "bare", "x/y=1", "=", "k=\u00e9", 'q="1;2"']
)
def test_cookies_of_other_programs_lock_nobody_out(stranger, others):
    for cookies in (f"{others}; avsep-8000={TOKEN}", f"avsep-8000={TOKEN}; {others}"):
        headers = {"cookie": cookies.encode("latin-1")}
        assert stranger.get("/api/jobs", headers=headers).status_code == 200
    headers = {"cookie": f"{others}; avsep-8000=wrong".encode("latin-1")}
    assert stranger.get("/api/jobs", headers=headers).status_code == 401


def test_browsers_leave_out_the_usual_port():
    async def app(scope, receive, send):
        await PlainTextResponse("in")(scope, receive, send)

    guard = Guard(app, TOKEN, name_hosts("127.0.0.1", 80))
    client = TestClient(guard, base_url="http://127.0.0.1", cookies={"avsep-80": TOKEN})
    assert client.get("/").text == "in"
    assert client.post("/", headers={"origin": "http://127.0.0.1"}).text == "in"
    assert client.get("/", headers={"host": "evil.example"}).status_code == 421


def test_tokens_are_long_and_never_the_same():
    assert len({make_token() for _ in range(100)}) == 100
    assert len(make_token()) >= 32


def test_a_server_that_others_reach_has_the_name_they_use_too():
    assert name_hosts("192.168.1.20", 80)[0] == "192.168.1.20:80"
    assert name_hosts("::1", 80)[0] == "[::1]:80"
    assert name_hosts("127.0.0.1", 80) == ["127.0.0.1:80", "localhost:80", "[::1]:80"]
