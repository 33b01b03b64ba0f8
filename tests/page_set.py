"""What the page's tests share: a server's name and its token."""

from __future__ import annotations

TOKEN = "a-token"  # noqa: S105 - of a server that lives for one test
HOST = "127.0.0.1:8000"
ORIGIN = {"origin": f"http://{HOST}"}
