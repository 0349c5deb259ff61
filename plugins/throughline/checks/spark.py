"""Spark as a data source of Great Expectations, through its own Spark support."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from throughline.checks.datasource import NAME

FUNCTIONS = (
    "regexp_matches(text string, pattern string) returns boolean return regexp_like(text, pattern)",
    "isodow(day date) returns int return weekday(day) + 1",
)
"""What the suites' queries call by the name that DuckDB has for it."""


class SparkTables:
    """The tables of a running Spark session, to be judged in place of a database file."""

    def __init__(self, session: Any) -> None:
        self.session = session

    @contextmanager
    def opened(self) -> Iterator["SparkChecker"]:
        """Hand out the checker of this session; what was judged is let go afterwards."""
        checker = _checker(self.session)
        try:
            yield checker
        finally:
            checker.clean()


class SparkChecker:
    """One context and one data source of Great Expectations over one session."""

    view = NAME
    quote = "`"

    def __init__(self, session: Any) -> None:
        import great_expectations as gx

        from throughline.checks.datasource import quiet

        self.session = session
        for function in FUNCTIONS:
            session.sql(f"create or replace temporary function {function}")
        source: Any = quiet(gx.get_context(mode="ephemeral")).data_sources.add_spark(name="spark")
        asset = source.add_dataframe_asset(name="relation")
        self._definition = asset.add_batch_definition_whole_dataframe("whole")
        self._judged: Any = None

    def batch(self, select: str) -> Any:
        """Make the rows of a SELECT the view that is judged, and Great Expectations' batch."""
        self.clean()
        self._judged = self.session.sql(select).persist()
        self._judged.createOrReplaceTempView(NAME)
        return self._definition.get_batch({"dataframe": self._judged})

    def clean(self) -> None:
        """Let go of the rows that were judged."""
        if self._judged is not None:
            self._judged.unpersist()
            self.session.catalog.dropTempView(NAME)
            self._judged = None


@cache
def _checker(session: Any) -> SparkChecker:
    return SparkChecker(session)
