"""Keep a home from growing for ever: remove what nothing needs any more, and say what that freed.

Never removed: a batch that a night within `upkeep.replaced_days` reads, or that a release on disk
was built from; a batch that is held or not judged, and what it was made of; manifests, verdicts,
outcomes and reports, which are small and say how everything came to be; the served release.

Accepted files are not merged into larger ones. A batch is one file under one hash: a verdict takes
it out alone, a changed set of batches says which dates to build again by reading just those files,
and every row names its batch. A merged file would break its own hash with each verdict, and saves a
second where there are thousands of files (`docs/upkeep.md` has the measurement).
"""

from datetime import date, timedelta

from throughline.settings import Settings
from throughline.upkeep.batches import key_lists, raw_files, replaced_batches, replaced_files
from throughline.upkeep.files import candidates, logs, releases, scratch
from throughline.upkeep.lock import alone
from throughline.upkeep.removing import Freed, Removal, remove

__all__ = ["Freed", "upkeep"]


def upkeep(
    settings: Settings, as_of: date, *, only_look: bool = False, wait_seconds: float = 300
) -> list[Freed]:
    """Remove what the settings `upkeep` and `releases.keep` no longer keep at the end of `as_of`.

    With `only_look` nothing is removed. Returns what was, or would be, freed, by kind.

    Raises:
        SourceError: a backup, or another upkeep, is at work.
    """
    with alone(settings, "upkeep", wait_seconds):
        return [
            remove(settings, found, only_look=only_look) for found in _removals(settings, as_of)
        ]


def _removals(settings: Settings, as_of: date) -> list[Removal]:
    keep = settings.upkeep
    found = []
    if keep.replaced_days is not None:
        cutoff = as_of - timedelta(days=keep.replaced_days)
        batches = replaced_batches(settings, cutoff)
        found.append(Removal("replaced batches", tuple(batch.path for batch in batches)))
        files = replaced_files(settings, cutoff, batches)
        found.append(Removal("raw files of replaced batches", files))
        found.append(Removal("old lists of keys", key_lists(settings, cutoff)))
    if keep.raw_days is not None:
        cutoff = as_of - timedelta(days=keep.raw_days)
        found.append(Removal("raw files", raw_files(settings, cutoff)))
    found += [releases(settings), candidates(settings), logs(settings), scratch(settings)]
    return found
