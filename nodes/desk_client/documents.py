"""`yrdx-desk put-document` and `get-document`: scans, which continue where a broken connection or an ended command left them."""

from __future__ import annotations

import uuid
from pathlib import Path  # noqa: TC003 - cyclopts reads the annotations
from typing import TYPE_CHECKING, Final

from core.envelope import sha256
from nodes.desk_client.asking import CALL_S, HERE, Officer, on_desk
from nodes.desk_client.resuming import bar, resumed
from nodes.desk_client.stated import hex_digest
from runtime.command_line import Server, Usage, id_of, say, show
from runtime.plain import plain
from yrdx.v1 import desk_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nodes.desk_client.resuming import Moved
    from yrdx.v1 import desk_pb2_grpc

    Stub = desk_pb2_grpc.DeskAsyncStub

_STREAM_S: Final = 120.0
_CHUNK: Final = 256 * 1024


def put_document(file: Path, /, *, counterpart: str, code: str, media_type: str, officer: Officer, server: Server = HERE) -> int:
    """Store a document for a later open or decide; prints the digest to name there.

    Example: yrdx-desk put-document scan.jpg --counterpart 310000 --code relation-proof --media-type image/jpeg
        --officer 330001 --officer-name 王警官 --unit 330106000000 --dir up --party node-330000

    What was broken off continues by itself; when it gives up, the same command continues it within a day. Once it is complete, the same
    command prints the same digest.

    Args:
        file: the scan, 8 MiB at most.
        counterpart: the province that shall be able to open it.
        code: which material of the procedure it is, for example relation-proof.
        media_type: for example image/jpeg.
        officer: who scanned it.
        server: whom to call.
    """

    async def ask(stub: Stub) -> None:
        content = _read(file)
        opening = desk_pb2.DocumentOpening(
            officer=officer.message(),
            counterpart=counterpart,
            code=code,
            media_type=media_type,
            length=len(content),
            plain_digest=sha256(content),
        )
        opening.request_id = _same(opening)

        async def attempt() -> desk_pb2.PutDocumentResponse:
            opening.offset = (await stub.StatDocument(desk_pb2.StatDocumentRequest(opening=opening), timeout=CALL_S)).offset
            return await stub.PutDocument(_chunks(opening, content, moved), timeout=_STREAM_S)

        with bar(server, file.name, len(content)) as moved:
            answer = await resumed(attempt, lambda: opening.offset)
        if server.json:
            say(plain(answer))
        else:
            show(answer.digest.hex())

    return on_desk(server, ask)


def get_document(case: str, digest: str, /, *, out: Path, server: Server = HERE) -> int:
    """Fetch a document that the other province sent.

    Example: yrdx-desk get-document CASE DIGEST --out scan.jpg --dir up --party node-330000

    What was broken off continues by itself; when it gives up, the part that came lies beside --out, and the same command continues it.

    Args:
        case: id of the case.
        digest: as `show` prints it.
        out: the file to write.
        server: whom to call.
    """

    async def ask(stub: Stub) -> None:
        request = desk_pb2.GetDocumentRequest(case_id=id_of(case), digest=hex_digest(digest))
        part = out.with_name(f"{out.name}.{digest[:16].lower()}.part")

        async def known() -> desk_pb2.DocumentView:
            found = await stub.GetCase(desk_pb2.GetCaseRequest(case_id=request.case_id), timeout=CALL_S)
            return next((one for one in found.case.documents if one.digest == request.digest), desk_pb2.DocumentView())

        async def attempt() -> None:
            request.offset = _length(part)
            async for response in stub.GetDocument(request, timeout=_STREAM_S):
                with part.open("ab") as file:
                    file.write(response.chunk)
                moved(_length(part))

        try:
            view = await resumed(known)
            with bar(server, out.name, view.length) as moved:
                await resumed(attempt, lambda: _length(part))
            _finish(part, out, view)
        except OSError as error:
            raise Usage(f"cannot write {out}: {error}") from error
        if server.json:
            say({"length": view.length})
        else:
            show(f"{out}: {view.length} bytes")

    return on_desk(server, ask)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Usage(f"cannot read {file}: {error}") from error


def _length(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _same(opening: desk_pb2.DocumentOpening) -> str:
    """The request id of this document from this officer to that province: the command knows it again when it is given again."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, sha256(opening.SerializeToString(deterministic=True)).hex()))


def _chunks(opening: desk_pb2.DocumentOpening, content: bytes, moved: Moved) -> Iterator[desk_pb2.PutDocumentRequest]:
    """The opening, and what the node does not hold yet."""
    yield desk_pb2.PutDocumentRequest(opening=opening)
    for start in range(opening.offset, len(content), _CHUNK):
        moved(start)
        yield desk_pb2.PutDocumentRequest(chunk=content[start : start + _CHUNK])
    moved(len(content))


def _finish(part: Path, out: Path, view: desk_pb2.DocumentView) -> None:
    """The part becomes the file, if it is the document; otherwise it goes, so that the next try begins anew.

    Raises:
        Usage: when it is not: something else has written to the part.
    """
    if sha256(part.read_bytes()) != view.plain_digest:
        part.unlink()
        raise Usage(f"{part} was changed and is removed; give the command again")
    # If we crash before this, the part is whole and the same command has nothing left to fetch.
    part.replace(out)
