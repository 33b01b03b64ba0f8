"""The server from its start to its end."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn

from avsep.errors import SettingError
from avsep.page.guard import LOCAL, make_token, name_hosts
from avsep.page.library import Library
from avsep.page.queue import Queue
from avsep.page.server import make_app
from avsep.pipeline import SeparatorConfig

ANYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - refused below


def serve_page(
    library: Library,
    config: SeparatorConfig,
    listen: str,
    port: int,
    ready: Callable[[str], None],
) -> None:
    """Answer until somebody interrupts.

    Args:
        library: What can be worked on.
        config: What separates.
        listen: Address of this machine, which others may reach or not.
        port: Where to listen; 0 for any that is free.
        ready: Hears the address to open, once it is answered.

    Raises:
        SettingError: Nothing can listen there.
    """
    token = make_token()
    with open_door(listen, port) as door:
        hosts = name_hosts(listen, door.getsockname()[1])
        queue = Queue(library, config)
        app = make_app(library, queue, token, hosts)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        queue.start()
        try:
            ready(f"http://{hosts[0]}/?token={token}")
            server.run(sockets=[door])
        finally:
            queue.close()


def open_door(listen: str, port: int) -> socket.socket:
    """A socket that listens at one address.

    Raises:
        SettingError: It is none of this machine's, or taken, or all of them at once.
    """
    if listen in ANYWHERE:
        raise SettingError(
            f"{listen!r} is every address of this machine",
            hint="Name the one by which others reach it, like 192.168.1.20.",
        )
    family = socket.AF_INET6 if ":" in listen else socket.AF_INET
    try:
        return socket.create_server((listen, port), family=family)
    except (OSError, OverflowError) as error:
        raise SettingError(
            f"nothing can listen at {listen}, port {port} ({error})",
            hint="Another --port may be free.",
        ) from error


def is_local(listen: str) -> bool:
    """Whether only this machine can reach an address."""
    return listen in (*LOCAL, "::1")
