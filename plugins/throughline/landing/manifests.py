"""Landing batches: files as received, one folder each; the manifest is the commit."""

import hashlib
import shutil
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from throughline import __version__, fault
from throughline.errors import SourceError
from throughline.keys import private_folder
from throughline.landing.files import (
    EARLIER,
    EMPTIED,
    belongs_to,
    claim,
    read_json,
    sync,
    write_json,
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


@dataclass(frozen=True)
class Draft:
    """A batch that lies in `folder` and is not committed yet."""

    folder: Path
    window: str
    files: tuple[LandedFile, ...]
    schema: tuple[str, ...]
    cursor_from: str | None = None
    cursor_to: str | None = None


def stream_folder(settings: Settings, source: str, stream: str) -> Path:
    """Folder of a stream's batches, made when missing; only the owner can enter."""
    private_folder(settings.landing)
    return private_folder(settings.landing / source / stream)


def new_draft_folder(settings: Settings, source: str, stream: str) -> Path:
    """Empty folder to write a batch into; what a killed extract left there is removed."""
    draft = stream_folder(settings, source, stream) / ".incoming"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    return draft


def content_hash(files: tuple[LandedFile, ...]) -> str:
    """Hash of the contents of a batch, whatever the files are called."""
    return hashlib.sha256("\n".join(sorted(file.sha256 for file in files)).encode()).hexdigest()


def commit(settings: Settings, source: str, stream: str, as_of: date, draft: Draft) -> Manifest:
    """Turn a draft into a batch; content that the window has, or will have, is not kept twice.

    A window that had other content since comes back to it: that is a batch of its own, or the other
    content would stay. Returns the new manifest, or the one that was there.
    """
    known = landed(settings, source, stream)
    content = content_hash(draft.files)
    same = [old for old in known if old.sha256 == content]
    of_window = [old for old in known if old.window == draft.window]
    there = _held(of_window, content, as_of)
    if there is not None:
        shutil.rmtree(draft.folder)
        return found_again(settings, there, as_of)
    manifest = Manifest(
        source=source,
        stream=stream,
        window=draft.window,
        as_of=as_of,
        files=draft.files,
        rows=_total(draft.files),
        sha256=content,
        schema=draft.schema,
        extracted_at=_later_than(known),
        cursor_from=draft.cursor_from,
        cursor_to=draft.cursor_to,
        duplicate_of=same[0].batch if same else None,
        returned=sum(old.sha256 == content for old in of_window),
    )
    fault.point("land.before_rename")
    target = manifest.folder(settings)
    shutil.rmtree(target, ignore_errors=True)
    sync(draft.folder)
    draft.folder.rename(target)
    sync(target.parent)
    fault.point("land.before_manifest")
    write_json(target / MANIFEST, _as_json(manifest))
    fault.point("land.after_manifest")
    return manifest


def landed(settings: Settings, source: str, stream: str) -> list[Manifest]:
    """Committed batches of a stream, oldest first."""
    folder = settings.landing / source / stream
    found = [_read(path) for path in folder.glob(f"[!.]*/{MANIFEST}")]
    return sorted(found, key=lambda manifest: (manifest.extracted_at, manifest.batch))


def _held(of_window: list[Manifest], content: str, as_of: date) -> Manifest | None:
    """The batch of a window that holds this content at a night, or came to hold it later."""
    newest = [old for old in of_window if old.as_of <= as_of][-1:]
    later = [old for old in of_window if old.as_of > as_of]
    return next((old for old in [*newest, *later] if old.sha256 == content), None)


def found_again(settings: Settings, manifest: Manifest, as_of: date) -> Manifest:
    """A batch that a night found once more; an earlier night than its own takes it over."""
    if as_of >= manifest.as_of:
        return manifest
    claim(manifest.folder(settings), as_of)
    return replace(manifest, as_of=as_of)


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
    there = {path.name for path in folder.iterdir()} - {MANIFEST, EARLIER}
    expected = {file.name for file in manifest.files}
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


def _later_than(known: list[Manifest]) -> datetime:
    now = datetime.now(UTC)
    latest = max((manifest.extracted_at for manifest in known), default=None)
    return now if latest is None or latest < now else latest + timedelta(microseconds=1)


def _total(files: tuple[LandedFile, ...]) -> int | None:
    counts = [file.rows for file in files]
    return None if None in counts else sum(count for count in counts if count is not None)


def _as_json(manifest: Manifest) -> dict[str, Any]:
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
