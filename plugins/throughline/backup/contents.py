"""Which files make an installation, in the order in which they may be copied while nights run.

Everything is listed against the order of writing: releases before the reports that tell of them,
those before outcomes, input batches and landing batches. So whatever a copied file speaks of is
copied after it, and the copy is what a kill at some instant would have left: nights go on from
there (a batch that was committed meanwhile may be there already, as after any kill).

Left out, because it can be made again: the work file (the next night builds it from the input, to
the same rows), candidates, logs, caches, the demo's source systems, and Airflow's own database.
"""

from collections.abc import Iterator
from pathlib import Path

from throughline.errors import DamagedError
from throughline.landing.batches import MANIFEST
from throughline.landing.files import DRAFT, read_json
from throughline.settings import Settings


def waiting_reports(settings: Settings) -> Iterator[Path]:
    """Reports that wait for the state database; copied before it, so that none is in neither."""
    yield from _visible((settings.home / "alerts" / "spool").glob("*.json"))


def releases(settings: Settings) -> Iterator[Path]:
    """Every release: later nights are compared with them, and one is served."""
    yield from _visible(settings.release_folder.glob("*.duckdb"))


def records(settings: Settings) -> Iterator[Path]:
    """Reports of nights, then outcomes of domains and reports of sources."""
    yield from _visible((settings.home / "logs" / "nights").glob("*.json"))
    yield from _visible(settings.outcomes.rglob("*.json"))


def batches(settings: Settings) -> Iterator[Path]:
    """Committed input batches with their verdicts, then the landing batches they were made of."""
    for root, depth in ((settings.input, "*/*"), (settings.landing, "*/*/*")):
        for manifest in sorted(root.glob(f"{depth}/{MANIFEST}")):
            if not manifest.parent.name.startswith("."):
                found = sorted(path for path in manifest.parent.rglob("*") if path.is_file())
                yield from (path for path in found if not DRAFT.fullmatch(path.name))


def is_damaged(path: Path, sha256: str) -> bool:
    """Whether a file is not what the manifest of its batch says, or that manifest unreadable."""
    manifest = path.parent / MANIFEST
    if not manifest.is_file():
        return False
    try:
        given = read_json(manifest)
    except DamagedError:
        return path == manifest
    promised = {file["name"]: file["sha256"] for file in given.get("files", ())}
    if "accepted_sha256" in given:
        promised["accepted.parquet"] = given["accepted_sha256"]
    return promised.get(path.name) not in (None, sha256)


def _visible(found: Iterator[Path]) -> Iterator[Path]:
    """Files in order, without drafts: their names begin with a dot."""
    return iter(sorted(path for path in found if path.is_file() and path.name[0] != "."))
