"""What is served: releases, the one to go back to, and how far the data reach."""

from typing import Any

from throughline.errors import ThroughlineError
from throughline.page.reading import Here, answer, one_reader
from throughline.releases import Release, list_releases

_SOURCES = """
select source, entity, domain, outcome, rows, data_through, last_event_at, last_received_at,
    lag_hours, is_stale
from audit.source_freshness
order by is_stale desc, source, entity
"""
_TABLES = """
select schema_name, table_name, data_through, stale_domains, is_stale
from audit.table_freshness
order by is_stale desc, schema_name, table_name
"""


def read_releases(here: Here) -> dict[str, Any]:
    """Releases on disk, newest first; `state` is served, rollback target, newer or kept."""
    with one_reader():
        found = list_releases(here)
    served = next((release for release in found if release.is_current), None)
    target = _rollback_target(found, served)
    return {
        "served": served.run_id if served else None,
        "rollback_target": target.run_id if target else None,
        "releases": [
            {
                "run_id": release.run_id,
                "as_of": release.as_of,
                "built_at": release.built_at,
                "state": _state(release, served, target),
                "stale": release.stale,
                "checks": release.checks,
                "code": release.code,
                "bytes": release.bytes,
            }
            for release in found
        ],
    }


def read_freshness(here: Here) -> dict[str, Any]:
    """How far each source and each published table reach; `trouble` says why nothing is known."""
    try:
        return {
            "sources": answer(here, _SOURCES),
            "tables": answer(here, _TABLES),
            "trouble": None,
        }
    except ThroughlineError as error:
        return {"sources": [], "tables": [], "trouble": str(error)}


def read_served(here: Here) -> dict[str, Any]:
    """Releases and freshness together."""
    return {**read_releases(here), "freshness": read_freshness(here)}


def _rollback_target(found: list[Release], served: Release | None) -> Release | None:
    """The newest whole release that was built before the one that is served."""
    older = [
        release
        for release in found
        if served and release.built_at < served.built_at and not release.is_backdated
    ]
    return older[0] if older else None


def _state(release: Release, served: Release | None, target: Release | None) -> str:
    if release is served:
        return "served"
    if release is target:
        return "rollback target"
    if release.is_backdated:
        return "back-dated"
    return "newer" if served and release.built_at > served.built_at else "kept"
