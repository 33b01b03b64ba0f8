"""The server from its start to its end."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread

import uvicorn

from avsep.errors import SettingError
from avsep.outputs.locks import take
from avsep.page.guard import LOCAL, make_token, name_hosts
from avsep.page.library import Library
from avsep.page.queue import Queue
from avsep.page.server import make_app
from avsep.page.uploads import clear_away
from avsep.page.usual import Usual
from avsep.pipeline import SeparatorConfig

LOCK = ".avsep-page.lock"
ANYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - refused below


def serve_page(
    library: Library,
    config: SeparatorConfig,
    usual: Usual,
    listen: str,
    port: int,
    ready: Callable[[str], None],
) -> None:
    """Answer until somebody interrupts.

    Args:
        library: What can be worked on.
        config: What separates.
        usual: What is wanted where the page says nothing.
        listen: Address of this machine, which others may reach or not.
        port: Where to listen; 0 for any that is free.
        ready: Hears the address to open, once it is answered.

    Raises:
        SettingError: Nothing can listen there.
    """
    token = make_token()
    with ExitStack() as kept, open_door(listen, port) as door:
        for root in library.roots:
            kept.enter_context(claiming(root.folder))
        hosts = name_hosts(listen, door.getsockname()[1])
        queue = Queue(library, config, usual)
        app = make_app(library, queue, token, hosts)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        queue.start()
        Thread(target=_tidy, args=(library, time.time()), daemon=True).start()
        try:
            ready(f"http://{hosts[0]}/?token={token}")
            server.run(sockets=[door])
        finally:
            queue.close()


@contextmanager
def claiming(folder: Path) -> Iterator[None]:
    """Keep other servers from a folder: both would do its jobs, and lose each other's.

    Raises:
        SettingError: Another has it already.
    """
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError:  # where nothing can be written, jobs aren't kept either
        yield
        return
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    if not take(descriptor):
        raise SettingError(
            f"another avsep page is at work in {folder}", hint="Use that one, or end it first."
        )


def _tidy(library: Library, before: float) -> None:
    for root in library.roots:
        clear_away(root.folder, before)


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
