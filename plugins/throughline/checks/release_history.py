"""Rows of the stage tables against those of the releases that earlier nights published."""

import logging
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path

import duckdb

from throughline.checks.own import ROWS_LIKE_RELEASES, Likeness
from throughline.checks.reading import first_line, result_of
from throughline.checks.results import CheckResult
from throughline.checks.suites import Suite
from throughline.checks.volume import compare
from throughline.settings import Settings

log = logging.getLogger(__name__)


class Volumes:
    """Rows by `schema.table` of one candidate and of the releases before it, read when needed."""

    def __init__(self, settings: Settings, candidate: Path) -> None:
        self.settings, self.candidate = settings, candidate

    @cached_property
    def now(self) -> tuple[date, Mapping[str, int]]:
        """The candidate's as_of and rows."""
        as_of, _, rows = _read(self.candidate)
        return as_of, rows

    @cached_property
    def before(self) -> Sequence[Mapping[str, int]]:
        """Rows of earlier nights' releases on disk, oldest first, the last release of each."""
        found: dict[date, tuple[float, Mapping[str, int]]] = {}
        for path in self.settings.release_folder.glob("*.duckdb"):
            try:
                as_of, backdated, rows = _read(path)
            except duckdb.Error as error:
                log.warning("%s is left out of the history of volumes: %s", path, error)
                continue
            at = path.stat().st_mtime
            newer = as_of not in found or found[as_of][0] < at
            if not backdated and as_of < self.now[0] and newer:
                found[as_of] = (at, rows)
        return [found[as_of][1] for as_of in sorted(found)]


def volume_results(suite: Suite, volumes: Volumes, left_out: bool) -> list[CheckResult]:
    """Judge the suite's expectations on rows of earlier releases; without a table: an error."""
    out = []
    for item in (item for item in suite.own if item.type == ROWS_LIKE_RELEASES):
        if left_out:
            out.append(result_of(suite, item, "not_applicable", "left out of this release"))
            continue
        try:
            rows = volumes.now[1][suite.relation]
            before = [names[suite.relation] for names in volumes.before if suite.relation in names]
        except (duckdb.Error, KeyError) as error:
            said = first_line(error) if isinstance(error, duckdb.Error) else "no such table"
            out.append(result_of(suite, item, "error", said))
            continue
        likeness = Likeness(**item.kwargs)
        said_of = compare(rows, before, likeness, "rows", "earlier releases")
        out.append(result_of(suite, item, *said_of))
    return out


def _read(path: Path) -> tuple[date, bool, dict[str, int]]:
    """as_of, whether it is back-dated, and rows by table of a release or candidate."""
    with duckdb.connect(str(path), read_only=True) as con:
        info = con.execute("select as_of, is_backdated from build_info").fetchall()
        tables = con.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name <> 'audit'"
        ).fetchall()
        rows = {
            f"{schema}.{table}": con.execute(
                f'select count(*) from "{schema}"."{table}"'
            ).fetchall()[0][0]
            for schema, table in tables
        }
    return info[0][0], bool(info[0][1]), rows
