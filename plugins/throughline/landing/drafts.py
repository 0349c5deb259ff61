"""From a draft to a landed batch: the manifest, written last, is the commit."""

import hashlib
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from throughline import fault
from throughline.keys import private_folder
from throughline.landing.files import claim, sync, write_json
from throughline.landing.manifests import MANIFEST, LandedFile, Manifest, as_json, landed
from throughline.settings import Settings


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
    write_json(target / MANIFEST, as_json(manifest))
    fault.point("land.after_manifest")
    return manifest


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


def _later_than(known: list[Manifest]) -> datetime:
    now = datetime.now(UTC)
    latest = max((manifest.extracted_at for manifest in known), default=None)
    return now if latest is None or latest < now else latest + timedelta(microseconds=1)


def _total(files: tuple[LandedFile, ...]) -> int | None:
    counts = [file.rows for file in files]
    return None if None in counts else sum(count for count in counts if count is not None)
