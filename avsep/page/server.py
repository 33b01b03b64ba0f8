"""The page's addresses, and the server that answers them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zipfile import ZIP_STORED, ZipFile

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from avsep.errors import AvsepError, OutputError
from avsep.page.guard import Guard
from avsep.page.library import Library, find_below
from avsep.page.orders import Job, read_order
from avsep.page.queue import Queue
from avsep.page.waveform import measure_waveform

HERE = Path(__file__).parent
PIECE = 1 << 20  # bytes of a file that are read at once


def make_app(library: Library, queue: Queue, token: str, hosts: Collection[str]) -> Starlette:
    """The web application.

    Args:
        library: What can be worked on.
        queue: What works on it.
        token: That a browser must have.
        hosts: Names by which the server may be asked for, with the port.
    """
    addresses = Addresses(library, queue)
    return Starlette(
        routes=[
            Route("/", addresses.index),
            Mount("/static", StaticFiles(directory=HERE / "static")),
            Mount("/texts", StaticFiles(directory=HERE / "texts")),
            Route("/api/recordings", addresses.list_recordings),
            Route("/api/recordings/{name:path}", addresses.upload, methods=["PUT"]),
            Route("/api/waveforms/{name:path}", addresses.show_waveform),
            Route("/api/jobs", addresses.list_jobs),
            Route("/api/jobs", addresses.add_job, methods=["POST"]),
            Route("/api/jobs/{number:int}", addresses.cancel_job, methods=["DELETE"]),
            Route("/api/jobs/{number:int}/people/{person:int}.jpg", addresses.show_portrait),
            Route("/results/{number:int}/files", addresses.list_files),
            Route("/results/{number:int}.zip", addresses.send_all),
            Route("/results/{number:int}/{name:path}", addresses.send_file),
        ],
        middleware=[Middleware(Guard, token=token, hosts=hosts)],
        exception_handlers={AvsepError: _show_error},
    )


class Addresses:
    """What each address answers."""

    def __init__(self, library: Library, queue: Queue) -> None:
        self.library, self.queue = library, queue

    async def index(self, _: Request) -> Response:
        """The page."""
        return FileResponse(HERE / "static" / "index.html")

    async def list_recordings(self, _: Request) -> Response:
        """What lies in the folder."""
        found = await run_in_threadpool(lambda: [asdict(r) for r in self.library.recordings()])
        return JSONResponse({"folder": self.library.folder.name, "recordings": found})

    async def upload(self, request: Request) -> Response:
        """Keep what is sent."""
        size = request.headers.get("content-length", "")
        announced = int(size) if size.isdecimal() else None
        name = request.path_params["name"]
        try:
            kept = await self.library.receive(name, request.stream(), announced)
        except ClientDisconnect:
            raise OutputError(f"{name} came only in part", hint="Send it once more.") from None
        return JSONResponse({"name": kept}, 201)

    async def show_waveform(self, request: Request) -> Response:
        """How long a recording is, and how loud over time."""
        path = self.library.find(request.path_params["name"])
        return JSONResponse(await run_in_threadpool(measure_waveform, path))

    async def list_jobs(self, _: Request) -> Response:
        """All jobs and how far they are."""
        return JSONResponse([asdict(job) for job in self.queue.jobs()])

    async def add_job(self, request: Request) -> Response:
        """Put a job into the queue."""
        try:
            order = await request.json()
        except ValueError as error:
            raise HTTPException(400, "That is no JSON.") from error
        kind, recording, wanted = read_order(order)
        job = await run_in_threadpool(self.queue.add, kind, recording, wanted)
        return JSONResponse(asdict(job), 201)

    async def cancel_job(self, request: Request) -> Response:
        """Cancel a job, or forget it."""
        await run_in_threadpool(self.queue.cancel, request.path_params["number"])
        return Response(status_code=204)

    async def show_portrait(self, request: Request) -> Response:
        """Somebody's face."""
        key = request.path_params["number"], request.path_params["person"]
        portrait = self.queue.portraits.get(key)
        if portrait is None:
            raise HTTPException(404)
        return Response(portrait, media_type="image/jpeg")

    async def list_files(self, request: Request) -> Response:
        """Names and sizes of all files of a result."""
        folder = self._find_result(request)
        found = [
            {"name": path.relative_to(folder).as_posix(), "bytes": path.stat().st_size}
            for path in list_result(folder)
        ]
        return JSONResponse(found)

    async def send_file(self, request: Request) -> Response:
        """One file of a result, or the part of it that is asked for."""
        path = find_below(self._find_result(request), request.path_params["name"])
        if path is None:
            raise HTTPException(404)
        return FileResponse(path)

    async def send_all(self, request: Request) -> Response:
        """All files of a result in one archive, made as it is sent."""
        folder = self._find_result(request)
        return StreamingResponse(
            zip_folder(folder),
            media_type="application/zip",
            headers={"content-disposition": _name_download(f"{folder.name}.zip")},
        )

    def _find_result(self, request: Request) -> Path:
        job: Job | None = self.queue.get(request.path_params["number"])
        output = self.library.output.resolve()
        folder = (output / job.folder).resolve() if job and job.folder else output
        if folder == output or not folder.is_relative_to(output) or not folder.is_dir():
            raise HTTPException(404)
        return folder


def list_result(folder: Path) -> list[Path]:
    """All files of a result by name."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def zip_folder(folder: Path) -> Iterator[bytes]:
    """A ZIP archive of a folder, piece by piece; sound and video are not packed any further."""
    pieces = _Pieces()
    with ZipFile(pieces, "w", ZIP_STORED, allowZip64=True) as archive:  # type: ignore[call-overload]
        for path in list_result(folder):
            name = f"{folder.name}/{path.relative_to(folder).as_posix()}"
            with path.open("rb") as source, archive.open(name, "w", force_zip64=True) as target:
                while piece := source.read(PIECE):
                    target.write(piece)
                    yield pieces.take()
    yield pieces.take()


class _Pieces:
    """A file to write to whose bytes are taken away at once."""

    def __init__(self) -> None:
        self.held = bytearray()

    def write(self, data: bytes) -> int:
        """Keep them till they are taken."""
        self.held += data
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def take(self) -> bytes:
        """What was written since the last time."""
        taken, self.held = bytes(self.held), bytearray()
        return taken


def _name_download(name: str) -> str:
    return f"attachment; filename*=utf-8''{quote(name)}"


async def _show_error(_: Request, error: Any) -> Response:  # noqa: ANN401 - Starlette's type is wider
    return JSONResponse({"error": str(error), "hint": error.hint}, 400)
