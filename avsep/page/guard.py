"""Who may talk to the server: whoever has its token, by the name it was opened under."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Collection

from starlette.datastructures import Headers, QueryParams
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_BYTES = 24
USUAL_PORT = 80
SAFE = {"GET", "HEAD"}  # methods that change nothing
LOCAL = ("127.0.0.1", "localhost", "[::1]")
# Pages of results hold their styles and scripts within themselves; nothing comes from elsewhere.
POLICY = (
    "default-src 'self' 'unsafe-inline' data: blob:; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'self'"
)
SHOWN = re.compile(r"/shown/(?P<key>[0-9a-f]{64})/(?P<number>[0-9]{1,9})/")
# Headers of what comes out of a result: a page in there may run, but do nothing in our name.
ALONE = {
    "content-security-policy": f"{POLICY}; sandbox allow-scripts allow-downloads",
    "cross-origin-resource-policy": "cross-origin",
}
HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    b"cache-control": b"no-store",
}


class Guard:
    """Lets nobody pass who lacks the token, or comes from another site.

    A page of another site can make a browser send requests here, and by a name of its own that
    leads to this machine (DNS rebinding) read the answers. So the name that was asked for
    (`Host`) must be one of this server's; what changes something must come from its own pages
    (`Origin`); and the token, which stands in the address that is opened first, must come along
    in a cookie that other sites' pages cannot send.

    Args:
        app: What is guarded.
        token: Known to whoever started the server.
        hosts: Names by which the server may be asked for, with the port.
    """

    def __init__(self, app: ASGIApp, token: str, hosts: Collection[str]) -> None:
        self.app, self.token, self.hosts = app, token, frozenset(hosts)
        port = next(iter(sorted(self.hosts))).rpartition(":")[2]
        self.cookie = f"avsep-{port}"  # cookies don't know ports apart

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                had = {name.lower() for name, _ in message["headers"]}
                more = [(name, value) for name, value in HEADERS.items() if name not in had]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        answer = self._refuse(scope) or self._admit(scope)
        await (answer or self.app)(scope, receive, send_guarded)

    def _refuse(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if not self._is_ours(headers.get("host", "")):
            return PlainTextResponse("This server has another name.", 421)
        if scope["method"] not in SAFE:
            origin = headers.get("origin", "")
            if not self._is_ours(origin.removeprefix("http://")) or "//" not in origin:
                return PlainTextResponse("This comes from another site.", 403)
        return None

    def _is_ours(self, name: str) -> bool:
        """Whether a name is one of this server's; browsers leave out the usual port."""
        return name in self.hosts or f"{name}:{USUAL_PORT}" in self.hosts

    def _admit(self, scope: Scope) -> Response | None:
        """Let in who has the cookie; give one to who has the token, and tidy the address."""
        asked = QueryParams(scope["query_string"]).get("token", "")
        if scope["path"] == "/" and self._is_token(asked):
            entrance = RedirectResponse("/", 303)
            entrance.set_cookie(self.cookie, self.token, httponly=True, samesite="strict")
            return entrance
        if self._is_token(self._read_cookie(scope)) or self._is_shown(scope):
            return None
        return PlainTextResponse(
            "Open the address that `avsep page` printed: it holds the token.", 401
        )

    def _read_cookie(self, scope: Scope) -> str:
        # By hand, as browsers do: cookies of other programs on this machine may be irregular.
        pairs = Headers(scope=scope).get("cookie", "").split(";")
        said = dict(pair.strip().split("=", 1) for pair in pairs if "=" in pair)
        return said.get(self.cookie, "")

    def _is_shown(self, scope: Scope) -> bool:
        """Whether it is a file of a result that is shown, asked for by that result's page."""
        found = SHOWN.match(scope["path"])
        return found is not None and secrets.compare_digest(
            found["key"], make_key(self.token, int(found["number"]))
        )

    def _is_token(self, said: str) -> bool:
        return secrets.compare_digest(said.encode(), self.token.encode())


def make_key(token: str, number: int) -> str:
    """What a result's page needs to know to read the files beside it, and no others.

    Such a page is shown as if it came from elsewhere (`ALONE`), so no cookie comes with what it
    asks for: a folder of somebody else's may hold a page that means no good.
    """
    return hmac.new(token.encode(), str(number).encode(), "sha256").hexdigest()


def make_token() -> str:
    """A token nobody can guess."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def name_hosts(listen: str, port: int) -> list[str]:
    """Names by which a server that listens there may be asked for, the best first."""
    given = f"[{listen}]" if ":" in listen else listen
    return [f"{name}:{port}" for name in dict.fromkeys((given, *LOCAL))]
