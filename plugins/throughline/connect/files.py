"""Files: which of them a night takes, whether they are whole, and their verbatim copy."""

import hashlib
import logging
import os
import zlib
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb

from throughline import fault
from throughline.connect.formats import count_lines, read_stream
from throughline.connect.packing import opened, packing_of
from throughline.connect.remote import RemoteFile, find_windows
from throughline.connect.sheets import check_workbook
from throughline.errors import SourceError
from throughline.file_stream import FileStream
from throughline.landing.drafts import Draft, commit, found_again, new_draft_folder
from throughline.landing.manifests import OWN_FILES, LandedFile, Manifest, landed
from throughline.settings import Settings
from throughline.source_folders import Source
from throughline.windows import Window

log = logging.getLogger(__name__)
_CHUNK = 1024 * 1024
_TAIL = 64
Found = Path | RemoteFile


@dataclass(frozen=True)
class Landing:
    """What became of a stream: new batches, files that are not ready, broken files."""

    new: tuple[Manifest, ...] = ()
    not_ready: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


def land_files(settings: Settings, source: Source, name: str, as_of: date) -> Landing:
    """Land every window of a file stream that is over at `as_of` and not landed yet.

    A broken window, or a name without a date, is reported in `errors`; the other windows go on.

    Raises:
        SourceError: nothing was found, and nothing was ever landed from this stream.
    """
    stream = source.streams[name]
    assert isinstance(stream, FileStream)
    known = landed(settings, source.name, name)
    found = find_windows(settings, source, stream)
    if not found.windows and not found.wrong and not known:
        raise SourceError(f"{source.name}.{name}: no file matches {stream.path}")
    new, waiting, errors = [], [], [found.wrong] if found.wrong else []
    for window, paths in found.windows.values():
        if not window.ended(as_of):
            continue
        try:
            there = _known(known, window, paths)
            if there is not None:
                found_again(settings, there, as_of)
                continue
            missing = [path.name for path in paths if not _is_ready(path, stream)]
            if missing:
                waiting += missing
                continue
            new += land_window(settings, source, name, as_of, window, paths)
        except SourceError as error:
            errors.append(str(error))
    if waiting:
        log.warning("%s.%s: no control file yet for %s", source.name, name, ", ".join(waiting))
    return Landing(tuple(new), tuple(waiting), tuple(errors))


def land_window(
    settings: Settings, source: Source, name: str, as_of: date, window: Window, paths: list[Found]
) -> list[Manifest]:
    """Land the files of a window as a batch; a SourceError where one is cut or not as declared."""
    stream = source.streams[name]
    assert isinstance(stream, FileStream)
    before = {manifest.batch for manifest in landed(settings, source.name, name)}
    folder = new_draft_folder(settings, source.name, name)
    names = {path.name for path in paths}
    numbered = len(names) < len(paths) or not names.isdisjoint(OWN_FILES)
    copies = [
        _take(path, folder / (f"{number:04d}-{path.name}" if numbered else path.name), stream)
        for number, path in enumerate(paths)
    ]
    fault.point("land.after_copy")
    files, schema = _count(folder, copies, stream)
    draft = Draft(folder, window.label, files, schema)
    manifest = commit(settings, source.name, name, as_of, draft)
    return [] if manifest.batch in before else [manifest]


def _known(known: list[Manifest], window: Window, paths: list[Found]) -> Manifest | None:
    """The newest batch of the window, where it was made of these very files."""
    origins = {_origin(path) for path in paths}
    latest = [manifest for manifest in known if manifest.window == window.label][-1:]
    return next((m for m in latest if {file.origin for file in m.files} == origins), None)


def _origin(path: Found) -> tuple[str, int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise SourceError(f"{path} is listed, but cannot be looked at: {_short(error)}") from error
    return (str(path), status.st_size, status.st_mtime_ns)


def _control(path: Found) -> Found:
    return path.with_name(f"{path.name}.sha256")


def _is_ready(path: Found, stream: FileStream) -> bool:
    return stream.control == "none" or _control(path).is_file()


def _take(path: Found, target: Path, stream: FileStream) -> LandedFile:
    """Copy a file byte by byte to the landing, and check that it is whole."""
    origin = _origin(path)
    digest = hashlib.sha256()
    try:
        with path.open("rb") as given, target.open("wb") as taken:
            while chunk := given.read(_CHUNK):
                digest.update(chunk)
                taken.write(chunk)
            taken.flush()
            os.fsync(taken.fileno())
    except OSError as error:
        raise SourceError(f"{path} cannot be copied to the landing: {_short(error)}") from error
    if _origin(path) != origin or target.stat().st_size != origin[1]:
        raise SourceError(f"{path} changed while it was read; it is taken again at the next try")
    if stream.control == "sha256":
        _compare(path, digest.hexdigest())
    _check_whole(path, target, stream)
    return LandedFile(target.name, origin[1], digest.hexdigest(), None, origin)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def _compare(path: Found, found: str) -> None:
    try:
        words = _control(path).read_text(encoding="utf-8", errors="replace").split()
    except OSError as error:
        raise SourceError(f"{_control(path)} cannot be read: {_short(error)}") from error
    if not words or words[0].lower() != found:
        raise SourceError(
            f"{path} has sha256 {found[:12]}…, its control file says {' '.join(words)[:12]}…; "
            "it is cut, changed or not written to the end: deliver file and control file again"
        )


def _check_whole(path: Found, copy: Path, stream: FileStream) -> None:
    if stream.format == "parquet":
        return
    if stream.format == "xlsx":
        return check_workbook(copy, str(path))
    last, packing = b"", packing_of(path.name, stream)
    try:
        with opened(copy, packing) as file:
            while chunk := file.read(_CHUNK):
                last = (last + chunk)[-_TAIL:]
    except (EOFError, OSError, zlib.error) as error:
        raise SourceError(f"{path} is not a whole {packing} file: {error}") from error
    if not last and not stream.empty_ok:
        raise SourceError(f"{path} is empty; set `empty_ok: true` where that is right")
    if last and stream.format == "json" and not last.replace(b"\0", b"").rstrip().endswith(b"]"):
        raise SourceError(f"{path} does not end with a ]: it is cut, or no array of records")
    if last and stream.format != "json" and stream.final_newline and b"\n" not in last[-4:]:
        raise SourceError(
            f"{path} does not end with a line end, so it may be cut; deliver it again, or set "
            "`final_newline: false` where the vendor writes none"
        )


def _count(
    folder: Path, files: list[LandedFile], stream: FileStream
) -> tuple[tuple[LandedFile, ...], tuple[str, ...]]:
    connection = duckdb.connect(config={"threads": 2})
    try:
        schema: list[str] = []
        for number, file in enumerate(files):
            there = [(file.name, folder / file.name)]
            if file.bytes == 0:
                files[number] = replace(file, rows=0)
                continue
            if stream.format == "jsonl":
                path = folder / file.name
                schema = ["record"]
                rows = count_lines(connection, stream, file.name, path)
                files[number] = replace(file, rows=rows)
                continue
            schema = read_stream(connection, f"stream{number}", stream, there)
            sql = f"select (select count(*) from stream{number}) + (select count(*) from broken"
            counted = connection.execute(f"{sql} where stream = ?)", [f"stream{number}"])
            files[number] = replace(file, rows=counted.fetchall()[0][0])
    finally:
        connection.close()
    empty = [file.name for file in files if not file.rows]
    if empty and not stream.empty_ok:
        raise SourceError(f"{empty} hold no row; set `empty_ok: true` where that is right")
    return tuple(files), tuple(schema)
