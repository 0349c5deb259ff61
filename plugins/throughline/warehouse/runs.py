"""A run is (as_of, batch set, code): its identity, and where it works."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from throughline import landing
from throughline.checks.suites import EXPECTATIONS
from throughline.landing import InputBatch
from throughline.settings import DOMAINS, PACKAGE, Settings
from throughline.source_folders import load_sources
from throughline.warehouse.dbt import dbt_vars, project_folder

CODE = ("warehouse", "checks", "publish", "entities", "contracts.py", "publish.py")


@dataclass(frozen=True)
class Run:
    """One run: the same inputs and code always give the same `run_id`."""

    run_id: str
    as_of: date
    code: str
    batches: tuple[InputBatch, ...]
    connected: frozenset[str]
    stale: dict[str, str]
    backdated: bool
    work_file: Path


def plan(settings: Settings, as_of: date) -> Run:
    """Say what a night would build now: live batches, code, stale domains.

    A domain without an outcome counts as failed. A run older than the served release is
    back-dated: it works in a scratch file and is never served by itself.
    """
    batches = tuple(sorted(landing.live_batches(settings, as_of), key=lambda b: b.batch_id))
    connected = frozenset(landing.connected_entities(settings))
    stale = stale_domains(settings, as_of)
    code = code_hash(settings)
    identity = [
        as_of.isoformat(),
        code,
        [b.batch_id for b in batches],
        sorted(connected),
        sorted(stale),
    ]
    digest = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:8]
    backdated = is_backdated(settings, as_of)
    return Run(
        run_id=f"{as_of}-{digest}",
        as_of=as_of,
        code=code,
        batches=batches,
        connected=connected,
        stale=stale,
        backdated=backdated,
        work_file=scratch_file(settings) if backdated else settings.work_file,
    )


def scratch_file(settings: Settings) -> Path:
    """Work file of back-dated runs; started afresh by each of them."""
    return settings.work / "scratch" / "work.duckdb"


def stale_domains(settings: Settings, as_of: date) -> dict[str, str]:
    """Domains whose outcome is not ok, with what happened."""
    found = {}
    for domain in active_domains(settings):
        outcome = landing.read_outcome(settings, domain, as_of)
        if outcome is None:
            found[domain] = "missing: no outcome was written"
        elif outcome.status != "ok":
            found[domain] = f"{outcome.status}: {outcome.detail}"
    return found


def active_domains(settings: Settings) -> list[str]:
    """Domains that an enabled source belongs to: only those are waited for."""
    present = {source.domain for source in load_sources(settings).values()}
    return [domain for domain in DOMAINS if domain in present]


def is_backdated(settings: Settings, as_of: date) -> bool:
    """Whether a newer business date than `as_of` is served already."""
    served = served_run(settings)
    return served is not None and as_of < served[1]


def served_run(settings: Settings) -> tuple[str, date] | None:
    """run_id and as_of of the release that is served; None without one, or with a broken one."""
    if not settings.current.exists():
        return None
    try:
        with duckdb.connect(str(settings.current.resolve()), read_only=True) as con:
            row = con.execute("select run_id, as_of from build_info").fetchone()
    except duckdb.Error:
        return None
    return (row[0], row[1]) if row else None


def code_hash(settings: Settings) -> str:
    """Hash of everything but data that decides what a release holds."""
    digest = hashlib.sha256(json.dumps(dbt_vars(settings), sort_keys=True).encode())
    project = project_folder(settings)
    roots = [
        *(project / name for name in ("models", "macros", "seeds", "dbt_project.yml")),
        EXPECTATIONS,
        *(PACKAGE / name for name in CODE),
    ]
    for root in roots:
        files = [root] if root.is_file() else sorted(root.rglob("*"))
        for path in files:
            if path.suffix in {".sql", ".yml", ".csv", ".py", ".md"} and path.is_file():
                digest.update(path.relative_to(root.parent).as_posix().encode() + b"\0")
                digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
