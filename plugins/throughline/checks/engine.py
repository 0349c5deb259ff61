"""Judge one suite on one relation by SQL push-down; whatever is not surely right is not a pass."""

import logging
import time
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from throughline.checks.left_out import WHOLE_TABLE
from throughline.checks.reading import ALL_NULL, first_line, read_result, result_of
from throughline.checks.results import CheckResult
from throughline.checks.spark import SparkTables
from throughline.checks.suite_rules import NOT_NULL, NULL_CHECKS
from throughline.checks.suites import ROWS_QUERY, Expectation, Suite
from throughline.settings_sections import Warehouse

log = logging.getLogger(__name__)

_OF_THE_WHOLE = ("expect_table_", "expect_column_values_to_be_unique", "expect_compound_columns_")
"""Facts of the relation, not of its rows: judged without `where`, or a day that became empty would
fail the row count and a key repeated on another day would pass."""


def run_suite(
    database: Path | SparkTables | None,
    suite: Suite,
    relation: str | None = None,
    where: str | None = None,
    *,
    extra: Sequence[Expectation] = (),
    not_applicable: Collection[str] = (),
    limits: Warehouse | None = None,
) -> list[CheckResult]:
    """Judge every expectation of a suite and return one result each, in the suite's order.

    Args:
        database: DuckDB file, opened read-only; None for an in-memory one. Or Spark's tables, where
            everything but the words of `observed` is the same.
        suite: what to expect.
        relation: anything that may follow `from`; the suite's own table by default.
        where: rows to judge; row counts and uniqueness are judged on the whole relation anyway.
        extra: expectations beside the suite's own.
        not_applicable: columns and `schema.table` names that this release leaves out on purpose;
            expectations that mention one are not judged; `*` leaves out the relation itself.
        limits: threads and memory of the engine.

    A missing relation or column, a locked file, an exception of any kind, a result that did not
    come: status `error`. Values of a column that is wholly NULL: `fail`, unless the suite says
    `mostly: 0`.
    """
    asked = [*suite.expectations, *extra]
    out = {
        e.label: result_of(suite, e, "not_applicable", "left out of this release") for e in asked
    }
    judged = [e for e in asked if not _left_out(e, not_applicable)]
    whole = [e for e in judged if where is None or e.type.startswith(_OF_THE_WHOLE)]
    parts = [(whole, None), ([e for e in judged if e not in whole], where)]
    try:
        with _opened(database, limits or Warehouse()) as checker:
            source = relation or _quoted(suite, checker.quote)
            for expectations, condition in parts:
                if expectations:
                    results = _judge(checker, suite, expectations, source, condition)
                    out.update(zip((e.label for e in expectations), results, strict=True))
    except Exception as error:  # whatever went wrong, nothing was judged
        log.warning("suite %s could not be judged: %s", suite.suite, error)
        for item in judged:
            out[item.label] = result_of(suite, item, "error", first_line(error))
    return _fail_on_nulls(suite, asked, list(out.values()))


def _left_out(item: Expectation, names: Collection[str]) -> bool:
    return WHOLE_TABLE in names or any(map(item.mentions, names))


def _fail_on_nulls(
    suite: Suite, asked: list[Expectation], results: list[CheckResult]
) -> list[CheckResult]:
    """Turn passes on columns without a single value into failures."""
    pairs = list(zip(asked, results, strict=True))
    empty = {
        column
        for item, result in pairs
        for column in item.columns
        if item.type == NOT_NULL and result.observed.startswith(ALL_NULL)
        if suite.null_share(column) != 0
    }
    return [
        replace(result, status="fail", observed=ALL_NULL)
        if result.status == "pass" and item.type not in NULL_CHECKS and empty & {*item.columns}
        else result
        for item, result in pairs
    ]


def _judge(
    checker: Any, suite: Suite, expectations: list[Expectation], source: str, where: str | None
) -> list[CheckResult]:
    from great_expectations import ExpectationSuite

    started = time.monotonic()
    condition = f" where {where}" if where else ""
    batch = checker.batch(f"select * from {source}{condition}")
    outcome: dict[int, CheckResult] = {}
    built = []
    for number, item in enumerate(expectations):
        try:
            built.append(_expectation(item, number, checker.view))
        except Exception as error:  # unknown type or wrong arguments
            outcome[number] = result_of(suite, item, "error", first_line(error))
    if built:
        asked = ExpectationSuite(name=suite.suite, expectations=built)
        report = batch.validate(asked, result_format="BASIC")
        for one in report.results:
            number = (one.expectation_config.meta or {}).get("number")
            if number is not None:
                outcome[number] = read_result(suite, expectations[number], one)
    share = (time.monotonic() - started) / len(expectations)
    return [
        replace(
            outcome.get(number) or result_of(suite, item, "error", "no result came back"),
            seconds=round(share, 4),
        )
        for number, item in enumerate(expectations)
    ]


def _expectation(item: Expectation, number: int, view: str) -> Any:
    """Build Great Expectations' object, `{batch}` in a query replaced by the relation's name.

    Left to itself it puts a subquery there, with an alias of its own unless the query joins. The
    comment keeps it from printing that the word is missing.
    """
    from great_expectations.expectations.registry import get_expectation_impl

    kwargs = dict(item.kwargs)
    if item.type == ROWS_QUERY:
        query = kwargs["unexpected_rows_query"].replace("{batch}", view)
        kwargs["unexpected_rows_query"] = f"{query} /* {{batch}} */"
    return get_expectation_impl(item.type)(**kwargs, meta={"number": number})


def _opened(database: Path | SparkTables | None, limits: Warehouse) -> AbstractContextManager[Any]:
    from throughline.checks.datasource import opened

    return database.opened() if isinstance(database, SparkTables) else opened(database, limits)


def _quoted(suite: Suite, quote: str) -> str:
    return f"{quote}{suite.layer}{quote}.{quote}{suite.table}{quote}"
