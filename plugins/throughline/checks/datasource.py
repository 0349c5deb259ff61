"""DuckDB as a data source of Great Expectations, which has none of its own.

Great Expectations fetches after it closed the connection, and DuckDB's rows go with it. One
connection kept open per process is the whole remedy. It is in memory; files are attached read-only
for the time of one suite, under the name of the file, because views inside may name their catalog.
"""

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any, Literal

from throughline.settings_sections import Warehouse
from throughline.sql_text import literal, quoted

NAME = "checked_relation"
VIEW = f"temp.{NAME}"
_LOCK = RLock()


class Checker:
    """One context, one data source and one connection of this process."""

    view = VIEW
    quote = '"'

    def __init__(self) -> None:
        import great_expectations as gx

        _register()
        context = quiet(gx.get_context(mode="ephemeral"))
        source: Any = context.data_sources.add_duckdb(  # type: ignore[attr-defined]
            name="duckdb", connection_string="duckdb:///:memory:", create_temp_table=False
        )
        asset = source.add_query_asset(name="relation", query=f"select * from {VIEW}")
        self._definition = asset.add_batch_definition_whole_table("whole")
        self.engine = source.get_execution_engine()
        self.attached: Path | None = None
        self.execute("set TimeZone = 'UTC'")

    def execute(self, sql: str) -> list[Any]:
        """Run one statement on the kept connection and return its rows."""
        with self.engine.get_connection() as connection:
            done = connection.exec_driver_sql(sql)
            rows = list(done.fetchall()) if done.returns_rows else []
            connection.commit()
            return rows

    def batch(self, select: str) -> Any:
        """Make the rows of a SELECT the view that is judged, and Great Expectations' batch."""
        self.execute(f"create or replace temp view {NAME} as {select}")
        return self._definition.get_batch()

    def clean(self) -> None:
        """End a transaction that an error left open, and drop the view that was judged."""
        with self.engine.get_connection() as connection:
            connection.rollback()
        self.execute(f"drop view if exists {VIEW}")


def quiet(context: Any) -> Any:
    """Keep a context of Great Expectations from showing progress bars and hints."""
    from great_expectations.data_context.types.base import ProgressBarsConfig

    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    return context


@cache
def _checker(process_id: int) -> Checker:
    return Checker()


def preload() -> None:
    """Import Great Expectations now, which takes seconds; processes forked later have it.

    Opens no connection and starts no thread, so that forking stays safe.
    """
    import great_expectations  # noqa: F401

    _register()


@contextmanager
def opened(database: Path | None, limits: Warehouse) -> Iterator[Checker]:
    """Hand out this process's checker with the file attached read-only as default catalog.

    Inside another block on the same file it stays attached: opening it costs more than most suites.
    Raises whatever DuckDB raises when the file is missing, locked or not a database.
    """
    with _LOCK:
        checker = _checker(os.getpid())
        if database is not None and checker.attached == database:
            try:
                yield checker
            finally:
                checker.clean()
            return
        checker.execute(f"set threads = {limits.threads}")
        checker.execute(f"set memory_limit = '{limits.memory_limit}'")
        checker.execute(f"set temp_directory = {literal(_spill_folder())}")
        try:
            if database is not None:
                checker.execute(
                    f"attach {literal(database)} as {quoted(database.stem)} (read_only)"
                )
                checker.execute(f"use {quoted(database.stem)}")
                checker.attached = database
            yield checker
        finally:
            checker.attached = None
            checker.clean()
            checker.execute("use memory")
            if database is not None:
                checker.execute(f"detach database if exists {quoted(database.stem)}")


def _spill_folder() -> Path:
    return Path(tempfile.gettempdir()) / f"throughline-checks-{os.getpid()}"


@cache
def _register() -> None:
    """Define the engine and the data source; Great Expectations registers them by itself."""
    from great_expectations.datasource.fluent import SQLDatasource
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine

    from throughline.checks.shortcuts import in_order, needless

    class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
        """SQLAlchemy engine that yields one connection and never closes it."""

        _kept: Any = None

        @contextmanager
        def get_connection(self) -> Iterator[Any]:
            if self._kept is None or self._kept.closed:
                self._kept = self.engine.connect()
            yield self._kept

        def resolve_metrics(
            self, metrics_to_resolve: Any, metrics: Any = None, runtime_configuration: Any = None
        ) -> Any:
            """Spare the queries whose answer nobody reads, or that is known already."""
            asked = in_order(metrics_to_resolve)
            found = needless(asked, metrics or {})
            rest = [metric for metric in asked if metric.id not in found]
            if rest:
                found.update(super().resolve_metrics(rest, metrics, runtime_configuration))
            return found

    class DuckDBDatasource(SQLDatasource):
        """`context.data_sources.add_duckdb(...)`."""

        type: Literal["duckdb"] = "duckdb"  # type: ignore[assignment]

        @property
        def execution_engine_type(self) -> Any:
            return DuckDBExecutionEngine
