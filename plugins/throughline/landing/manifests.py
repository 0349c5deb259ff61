"""Landed batches: files as received, one folder each, with what its manifest says of them."""

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from throughline import __version__
from throughline.errors import SourceError
from throughline.landing.files import (
    DRAFT,
    EARLIER,
    EMPTIED,
    belongs_to,
    read_json,
)
from throughline.settings import Settings

MANIFEST = "manifest.json"
OWN_FILES = (MANIFEST, EARLIER, EMPTIED)
"""What stands beside the files of a batch; none of them may have such a name."""


@dataclass(frozen=True)
class LandedFile:
    """One file of a batch; `origin` (path, size, mtime_ns) tells where it was found."""

    name: str
    bytes: int
    sha256: str
    rows: int | None
    origin: tuple[str, int, int] | None = None


@dataclass(frozen=True)
class Manifest:
    """One stream of one source over one window; instants are UTC.

    `returned` counts how often the window had come back to this content, after other content.
    """

    source: str
    stream: str
    window: str
    as_of: date
    files: tuple[LandedFile, ...]
    rows: int | None
    sha256: str
    schema: tuple[str, ...]
    extracted_at: datetime
    extractor: str = f"throughline {__version__}"
    cursor_from: str | None = None
    cursor_to: str | None = None
    duplicate_of: str | None = None
    returned: int = 0

    @property
    def batch(self) -> str:
        """Name of the batch's folder."""
        name = f"{self.window}-{self.sha256[:12]}"
        return f"{name}-{self.returned}" if self.returned else name

    @property
    def identity(self) -> str:
        """Tells the batch from every other one of its window."""
        return f"{self.sha256}-{self.returned}" if self.returned else self.sha256

    @property
    def fingerprint(self) -> str:
        """Hash of the schema: column names and, where the format has them, types."""
        return hashlib.sha256("\n".join(self.schema).encode()).hexdigest()[:12]

    def folder(self, settings: Settings) -> Path:
        """Where the batch lies."""
        return settings.landing / self.source / self.stream / self.batch


def landed(settings: Settings, source: str, stream: str) -> list[Manifest]:
    """Committed batches of a stream, oldest first."""
    folder = settings.landing / source / stream
    found = [_read(path) for path in folder.glob(f"[!.]*/{MANIFEST}")]
    return sorted(found, key=lambda manifest: (manifest.extracted_at, manifest.batch))


def verify(settings: Settings, manifest: Manifest) -> None:
    """Compare the files of a batch with its manifest: names, sizes, contents.

    Raises:
        SourceError: a file is missing, added, removed, or not the one that was landed.
    """
    folder = manifest.folder(settings)
    if is_emptied(settings, manifest):
        raise SourceError(
            f"{folder}: its files were removed by upkeep (upkeep.raw_days, upkeep.replaced_days);"
            " what was made of them stays, and cannot be made anew"
        )
    expected = {file.name for file in manifest.files}
    there = {path.name for path in folder.iterdir()} - {MANIFEST, EARLIER}
    there = {name for name in there if name in expected or not DRAFT.fullmatch(name)}
    if there != expected:
        raise SourceError(
            f"{folder}: missing {sorted(expected - there)}, not in the manifest "
            f"{sorted(there - expected)}; extract the batch again"
        )
    for file in manifest.files:
        path = folder / file.name
        if path.stat().st_size != file.bytes or sha256_of(path) != file.sha256:
            raise SourceError(f"{path} is not the file that was landed; extract the batch again")


def is_emptied(settings: Settings, manifest: Manifest) -> bool:
    """Whether upkeep removed the files of a batch."""
    return (manifest.folder(settings) / EMPTIED).exists()


def sha256_of(path: Path) -> str:
    """Hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_json(manifest: Manifest) -> dict[str, Any]:
    """A manifest as it stands in its file."""
    return {
        **asdict(manifest),
        "as_of": manifest.as_of.isoformat(),
        "extracted_at": manifest.extracted_at.isoformat(),
        "fingerprint": manifest.fingerprint,
    }


def _read(path: Path) -> Manifest:
    given = read_json(path)
    fields = {key: value for key, value in given.items() if key != "fingerprint"}
    files = tuple(
        replace(LandedFile(**file), origin=tuple(file["origin"]) if file["origin"] else None)
        for file in given["files"]
    )
    return Manifest(
        **{
            **fields,
            "files": files,
            "schema": tuple(given["schema"]),
            "as_of": belongs_to(path.parent, date.fromisoformat(given["as_of"])),
            "extracted_at": datetime.fromisoformat(given["extracted_at"]),
        }
    )
