"""Packed files: gzip, zstd and zip, by declaration or by suffix, opened as what they hold."""

import contextlib
import gzip
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from throughline.errors import SourceError
from throughline.file_stream import FileStream

_SUFFIXES = {".gz": "gzip", ".zst": "zstd", ".zip": "zip"}


def packing_of(name: str, stream: FileStream) -> str:
    """How a file is packed: none, gzip, zstd or zip."""
    if stream.format in ("parquet", "xlsx"):
        return "none"
    if stream.compression != "auto":
        return stream.compression
    return _SUFFIXES.get(Path(name).suffix, "none")


@contextlib.contextmanager
def opened(path: Path, packing: str) -> Iterator[IO[bytes]]:
    """Open a file as what it holds.

    Raises:
        SourceError: a zip that is broken, locked, or holds anything but one file.
        OSError, EOFError, zlib.error: the packed bytes are cut or broken.
    """
    if packing == "gzip":
        with gzip.open(path, "rb") as file:
            yield io.BufferedReader(file)
    elif packing == "zstd":
        import pyarrow as pa

        with pa.input_stream(str(path), compression="zstd") as file:
            yield io.BufferedReader(file)
    elif packing == "zip":
        with _only_member(path) as file:
            yield file
    else:
        with path.open("rb") as file:
            yield file


@contextlib.contextmanager
def _only_member(path: Path) -> Iterator[IO[bytes]]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) != 1:
                named = ", ".join(member.filename for member in members[:5]) or "nothing"
                raise SourceError(f"{path.name} holds {named}; a zip must hold one file")
            with archive.open(members[0]) as file:
                yield file
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise SourceError(f"{path.name} is not a whole, open zip file: {error}") from error
