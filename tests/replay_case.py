"""Nights through the statements that dbt wrote for them, without dbt: a second each.

dbt builds the project twice on no rows, once as new tables and once as touched dates, and leaves
its statements in its target folder. A replayed night prepares, fingerprints and finishes as
`throughline.warehouse` does, and executes those statements in dbt's order.
"""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from throughline.publish.digest import table_hashes
from throughline.settings import Settings
from throughline.warehouse import Run, connect, plan, prepare
from throughline.warehouse.build import Touched, _fingerprint
from throughline.warehouse.dbt import Dbt, dbt_vars
from throughline.warehouse.graph import Graph, model_name
from throughline.warehouse.prepare import finish_attempt

BESIDE = re.compile(r"__dbt_tmp\d*")


@dataclass(frozen=True)
class Night:
    """What a replayed night did: models built from nothing, and touched dates of the others."""

    rebuilt: tuple[str, ...]
    touched: Touched


@dataclass(frozen=True)
class Statements:
    """SQL of one model: as a SELECT of all its rows, as a new table, and (incremental ones) the
    rows of touched dates and their exchange.
    """

    name: str
    select: str
    new: str
    rows: str = ""
    exchange: str = ""


class Replay:
    """The statements of a home's project, and a work file that they made without rows.

    `cpu` are seconds of this process by model (and `prepare`), of the newest time it was built.
    """

    def __init__(self, settings: Settings, as_of: date) -> None:
        """Let dbt write them; the home has no batches yet."""
        self.settings = settings
        self.cpu: dict[str, float] = {}
        run = plan(settings, as_of)
        with Dbt(settings, run.work_file) as dbt:
            prepare(settings, run.as_of, run.work_file, run.batches, run.run_id)
            self.graph = Graph(dbt.manifest(), dbt_vars(settings))
            dbt.build()
            kinds = ("compiled", "run")
            full = {name: [self._read(dbt, kind, name) for kind in kinds] for name in self._nodes()}
            dbt.build("--exclude", "resource_type:seed")
            self.lookups = self.graph.before_facts()
            self.models = [self._statements(dbt, name, *full[name]) for name in self._nodes()]
        self._empty = settings.home.parent / "empty.duckdb"
        shutil.move(run.work_file, self._empty)

    def night(self, as_of: date) -> Night:
        """Build what the night of `as_of` builds now."""
        run = plan(self.settings, as_of)
        if not run.work_file.exists():
            shutil.copyfile(self._empty, run.work_file)
        with self._clocked("prepare"):
            lost = prepare(self.settings, as_of, run.work_file, run.batches, run.run_id)
        return self._build(run, lost)

    def hashes(self) -> dict[str, str]:
        """Hash of every table that dbt writes."""
        found = table_hashes(self.settings.work_file)
        return {name: value for name, value in found.items() if not name.startswith("run.")}

    def full_rebuild(self, as_of: date) -> dict[str, str]:
        """Hashes of a rebuild from nothing; the work file is put back afterwards."""
        work = self.settings.work_file
        aside = work.with_name("aside.duckdb")
        work.rename(aside)
        try:
            self.night(as_of)
            return self.hashes()
        finally:
            aside.replace(work)

    def start_afresh(self) -> None:
        """Forget all nights and all batches."""
        self.settings.work_file.unlink(missing_ok=True)
        shutil.rmtree(self.settings.input, ignore_errors=True)

    def _build(self, run: Run, lost: list[str]) -> Night:
        first = [one for one in self.models if one.name in self.lookups]
        with connect(self.settings, run.work_file) as con:
            self._execute(con, first, ())
        kept = _fingerprint(self.settings, run.work_file, self.graph, lost)
        done = {*self.lookups, *kept.unmoved}
        with connect(self.settings, run.work_file) as con:
            rest = [one for one in self.models if one.name not in done]
            self._execute(con, rest, kept.rebuilt)
            finish_attempt(con, kept.prints)
        return Night(kept.rebuilt, kept.touched)

    def _execute(
        self, con: duckdb.DuckDBPyConnection, models: list[Statements], rebuilt: tuple[str, ...]
    ) -> None:
        names = {node["name"]: model_name(node) for node in self.graph.models()}
        for one in models:
            with self._clocked(one.name):
                self._make(con, one, names[one.name], rebuilt)

    def _make(
        self,
        con: duckdb.DuckDBPyConnection,
        one: Statements,
        table: str,
        rebuilt: tuple[str, ...],
    ) -> None:
        con.execute("begin")
        if one.exchange and table not in rebuilt:
            con.execute(f"create temp table beside as {one.rows}")
            con.execute(one.exchange)
            con.execute("drop table temp.beside")
        else:
            con.execute(f"drop table if exists {table}")
            con.execute(one.new)
        con.execute("commit")

    @contextmanager
    def _clocked(self, name: str) -> Iterator[None]:
        begun = time.process_time()
        yield
        self.cpu[name] = time.process_time() - begun

    def _statements(self, dbt: Dbt, name: str, select: str, new: str) -> Statements:
        new = BESIDE.sub("", new)
        if name not in {node["name"] for node in self.graph.incremental()}:
            return Statements(name, select, new)
        exchange, found = re.subn(rf'"{name}__dbt_tmp\d*"', "beside", self._read(dbt, "run", name))
        assert found == 1, f"{name}: dbt names its new rows otherwise now"
        return Statements(name, select, new, self._read(dbt, "compiled", name), exchange)

    def _read(self, dbt: Dbt, kind: str, name: str) -> str:
        path = self._nodes()[name]["original_file_path"]
        return (dbt.target / kind / "throughline" / path).read_text(encoding="utf-8")

    def _nodes(self) -> dict[str, dict[str, Any]]:
        """Models by name, parents first."""
        found: dict[str, dict[str, Any]] = {}

        def visit(node: dict[str, Any]) -> None:
            for parent in node["depends_on"]["nodes"]:
                if self.graph.nodes[parent]["resource_type"] == "model":
                    visit(self.graph.nodes[parent])
            found.setdefault(node["name"], node)

        for node in sorted(self.graph.models(), key=lambda node: node["name"]):
            visit(node)
        return found
