"""The page's addresses, and the server that answers them."""

from __future__ import annotations

import json
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
from avsep.outputs.report.page import NAME as REPORT
from avsep.page.guard import ALONE, Guard, make_key
from avsep.page.library import Library, find_below
from avsep.page.orders import Job, describe_usual, read_order
from avsep.page.queue import Queue
from avsep.page.uploads import check_upload, receive
from avsep.page.waveform import measure_waveform

HERE = Path(__file__).parent
LONGEST_ORDER = 1 << 20  # bytes of a job
PIECE = 1 << 20  # bytes of a file that are read at once


def make_app(library: Library, queue: Queue, token: str, hosts: Collection[str]) -> Starlette:
    """The web application.

    Args:
        library: What can be worked on.
        queue: What works on it.
        token: That a browser must have.
        hosts: Names by which the server may be asked for, with the port.
    """
    addresses = Addresses(library, queue, token)
    return Starlette(
        routes=[
            Route("/", addresses.index),
            Mount("/static", StaticFiles(directory=HERE / "static")),
            Mount("/texts", StaticFiles(directory=HERE / "texts")),
            Route("/api/folders/{name:path}", addresses.browse),
            Route("/api/recordings/{name:path}", addresses.upload, methods=["PUT"]),
            Route("/api/uploads/{name:path}", addresses.may_upload),
            Route("/api/settings/{name:path}", addresses.describe_settings),
            Route("/api/waveforms/{name:path}", addresses.show_waveform),
            Route("/api/jobs", addresses.list_jobs),
            Route("/api/jobs", addresses.add_job, methods=["POST"]),
            Route("/api/jobs/{number:int}", addresses.cancel_job, methods=["DELETE"]),
            Route("/api/jobs/{number:int}/people", addresses.list_people),
            Route(
                "/api/jobs/{number:int}/people/{person:int}/{moment:int}.jpg",
                addresses.show_portrait,
            ),
            Route("/api/jobs/{number:int}/seen/{face:int}.jpg", addresses.show_seen),
            Route("/results/{number:int}/files", addresses.list_files),
            Route("/results/{number:int}.zip", addresses.send_all),
            Route("/results/{number:int}/{name:path}", addresses.send_file),
            Route("/shown/{key}/{number:int}/{name:path}", addresses.show_file),
        ],
        middleware=[Middleware(Guard, token=token, hosts=hosts)],
        exception_handlers={AvsepError: _show_error},
    )


class Addresses:
    """What each address answers."""

    def __init__(self, library: Library, queue: Queue, token: str) -> None:
        self.library, self.queue, self.token = library, queue, token

    async def index(self, _: Request) -> Response:
        """The page."""
        return FileResponse(HERE / "static" / "index.html")

    async def browse(self, request: Request) -> Response:
        """What lies in a folder."""
        shelf = await run_in_threadpool(self.library.browse, request.path_params["name"])
        top = self.library.roots[0].folder.name if len(self.library.roots) == 1 else ""
        return JSONResponse(asdict(shelf) | {"top": top})

    async def upload(self, request: Request) -> Response:
        """Keep what is sent, in the folder that is named with it."""
        size = request.headers.get("content-length", "")
        announced = int(size) if size.isdecimal() else None
        within, folder, name = await self._find_place(request)
        try:
            kept = await receive(folder, name, request.stream(), announced)
        except ClientDisconnect:
            raise OutputError(f"{name} came only in part", hint="Send it once more.") from None
        return JSONResponse({"name": f"{within}/{kept}" if within else kept}, 201)

    async def may_upload(self, request: Request) -> Response:
        """Whether a recording of this name and so many bytes would be kept."""
        size = request.query_params.get("bytes", "")
        _, folder, name = await self._find_place(request)
        await run_in_threadpool(check_upload, folder, name, int(size) if size.isdecimal() else 0)
        return Response(status_code=204)

    async def _find_place(self, request: Request) -> tuple[str, Path, str]:
        """Where an upload goes: the folder as the library calls it, the folder, its own name."""
        within, _, name = request.path_params["name"].rpartition("/")
        within = within or self.library.roots[0].label
        _, folder = await run_in_threadpool(self.library.find_folder, within)
        return within, folder, name

    async def show_waveform(self, request: Request) -> Response:
        """How long a recording is, and how loud over time."""
        path = self.library.find(request.path_params["name"])
        return JSONResponse(await run_in_threadpool(measure_waveform, path))

    async def describe_settings(self, request: Request) -> Response:
        """The presets of a recording, and how the switches stand if one, or none, is taken."""
        path = self.library.find(request.path_params["name"])
        preset, usual = request.query_params.get("preset", ""), self.queue.usual

        def describe() -> dict[str, Any]:
            known = describe_usual(usual.choose(path, preset, ()))
            return known | {"presets": usual.list_presets(path)}

        return JSONResponse(await run_in_threadpool(describe))

    async def list_jobs(self, _: Request) -> Response:
        """All jobs and how far they are."""
        return JSONResponse([asdict(job) for job in self.queue.jobs()])

    async def add_job(self, request: Request) -> Response:
        """Put a job into the queue."""
        kind, recording, wanted = read_order(await _read_json(request))
        job = await run_in_threadpool(self.queue.add, kind, recording, wanted)
        return JSONResponse(asdict(job), 201)

    async def cancel_job(self, request: Request) -> Response:
        """Cancel a job, or forget it."""
        await run_in_threadpool(self.queue.cancel, request.path_params["number"])
        return Response(status_code=204)

    async def list_people(self, request: Request) -> Response:
        """Who was found, and when each is seen."""
        faces = self.queue.faces(request.path_params["number"])
        return JSONResponse({"people": faces.people, "stamp": faces.stamp})

    async def show_portrait(self, request: Request) -> Response:
        """Somebody's face in one moment."""
        key = request.path_params["person"], request.path_params["moment"]
        return _send_jpeg(self.queue.faces(request.path_params["number"]).portraits.get(key))

    async def show_seen(self, request: Request) -> Response:
        """A face that has turned up while it is still searched."""
        seen = self.queue.faces(request.path_params["number"]).seen
        return _send_jpeg(dict(enumerate(seen)).get(request.path_params["face"]))

    async def list_files(self, request: Request) -> Response:
        """Names and sizes of all files of a result, and where its page is shown."""
        number = request.path_params["number"]
        try:
            folder = self._find_result(request)
        except HTTPException as error:
            raise OutputError(
                "this result is gone", hint="It was moved or removed: split once more."
            ) from error
        found = [
            {"name": path.relative_to(folder).as_posix(), "bytes": path.stat().st_size}
            for path in list_result(folder)
        ]
        shown = f"/shown/{make_key(self.token, number)}/{number}/"
        return JSONResponse({"files": found, "shown": shown})

    async def send_file(self, request: Request) -> Response:
        """One file of a result, or the part of it that is asked for, to be kept."""
        path = self._find_file(request)
        return FileResponse(path, headers=ALONE, filename=path.name)

    async def show_file(self, request: Request) -> Response:
        """The same for the result's page; the guard has seen to the key.

        What that page plays may come as a download. What it links to must: in a frame that has no
        rights, no browser plays it.
        """
        path = self._find_file(request)
        return FileResponse(
            path, headers=ALONE, filename=None if path.name == REPORT else path.name
        )

    async def send_all(self, request: Request) -> Response:
        """All files of a result in one archive, made as it is sent."""
        folder = self._find_result(request)
        return StreamingResponse(
            zip_folder(folder),
            media_type="application/zip",
            headers={"content-disposition": _name_download(f"{folder.name}.zip")},
        )

    def _find_file(self, request: Request) -> Path:
        path = find_below(self._find_result(request), request.path_params["name"])
        if path is None:
            raise HTTPException(404)
        return path

    def _find_result(self, request: Request) -> Path:
        job: Job | None = self.queue.get(request.path_params["number"])
        if job is None:
            raise HTTPException(404)
        output = self.library.locate(job.recording)[0].output.resolve()
        folder = (output / job.folder).resolve()
        if folder == output or not folder.is_relative_to(output) or not folder.is_dir():
            raise HTTPException(404)
        return folder


def list_result(folder: Path) -> list[Path]:
    """All files of a result by name; links are passed by."""
    top = folder.resolve()
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(path for path in found if path.resolve().is_relative_to(top))


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


async def _read_json(request: Request) -> object:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_ORDER:
            raise HTTPException(400, "That is too long for a job.")
    try:
        found: object = json.loads(body)
        # Halves of letters are no text, and what is no number is no JSON.
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "That is no JSON.") from error
    return found


def _send_jpeg(image: bytes | None) -> Response:
    if image is None:
        raise HTTPException(404)
    return Response(image, media_type="image/jpeg")


def _name_download(name: str) -> str:
    return f"attachment; filename*=utf-8''{quote(name)}"


async def _show_error(_: Request, error: Any) -> Response:  # noqa: ANN401 - Starlette's type is wider
    kind = type(error).__name__  # by which the page may know it in its own language
    return JSONResponse({"error": str(error), "hint": error.hint, "kind": kind}, 400)
