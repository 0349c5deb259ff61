"""Judge one suite on one relation by SQL push-down; whatever is not surely right is not a pass."""

import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from throughline.checks.left_out import WHOLE_TABLE
from throughline.checks.results import CheckResult, Status
from throughline.checks.suites import NOT_NULL, NULL_CHECKS, ROWS_QUERY, Expectation, Suite
from throughline.settings import Warehouse

log = logging.getLogger(__name__)

_OF_THE_WHOLE = ("expect_table_", "expect_column_values_to_be_unique", "expect_compound_columns_")
"""Facts of the relation, not of its rows: judged without `where`, or a day that became empty would
fail the row count and a key repeated on another day would pass."""

_ALL_NULL = "not one value"


def run_suite(
    database: Path | None,
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
        database: DuckDB file, opened read-only; None for an in-memory one.
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
    from throughline.checks.datasource import opened

    asked = [*suite.expectations, *extra]
    out = {e.label: _result(suite, e, "not_applicable", "left out of this release") for e in asked}
    judged = [e for e in asked if not _left_out(e, not_applicable)]
    whole = [e for e in judged if where is None or e.type.startswith(_OF_THE_WHOLE)]
    parts = [(whole, None), ([e for e in judged if e not in whole], where)]
    source = relation or _quoted(suite)
    try:
        with opened(database, limits or Warehouse()) as checker:
            for expectations, condition in parts:
                if expectations:
                    results = _judge(checker, suite, expectations, source, condition)
                    out.update(zip((e.label for e in expectations), results, strict=True))
    except Exception as error:  # whatever went wrong, nothing was judged
        log.warning("suite %s could not be judged: %s", suite.suite, error)
        for item in judged:
            out[item.label] = _result(suite, item, "error", _first_line(error))
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
        if item.type == NOT_NULL and result.observed.startswith(_ALL_NULL)
        if suite.null_share(column) != 0
    }
    return [
        replace(result, status="fail", observed=_ALL_NULL)
        if result.status == "pass" and item.type not in NULL_CHECKS and empty & {*item.columns}
        else result
        for item, result in pairs
    ]


def _judge(
    checker: Any, suite: Suite, expectations: list[Expectation], source: str, where: str | None
) -> list[CheckResult]:
    from great_expectations import ExpectationSuite

    from throughline.checks.datasource import NAME

    started = time.monotonic()
    condition = f" where {where}" if where else ""
    checker.execute(f"create or replace temp view {NAME} as select * from {source}{condition}")
    outcome: dict[int, CheckResult] = {}
    asked = ExpectationSuite(name=suite.suite)
    for number, item in enumerate(expectations):
        try:
            asked.add_expectation(_expectation(item, number))
        except Exception as error:  # unknown type or wrong arguments
            outcome[number] = _result(suite, item, "error", _first_line(error))
    if asked.expectations:
        report = checker.definition.get_batch().validate(asked, result_format="BASIC")
        for one in report.results:
            number = (one.expectation_config.meta or {}).get("number")
            if number is not None:
                outcome[number] = _read(suite, expectations[number], one)
    share = (time.monotonic() - started) / len(expectations)
    return [
        replace(
            outcome.get(number) or _result(suite, item, "error", "no result came back"),
            seconds=round(share, 4),
        )
        for number, item in enumerate(expectations)
    ]


def _expectation(item: Expectation, number: int) -> Any:
    """Build Great Expectations' object, `{batch}` in a query replaced by the relation's name.

    Left to itself it puts a subquery there, with an alias of its own unless the query joins. The
    comment keeps it from printing that the word is missing.
    """
    from great_expectations.expectations.registry import get_expectation_impl

    from throughline.checks.datasource import VIEW

    kwargs = dict(item.kwargs)
    if item.type == ROWS_QUERY:
        query = kwargs["unexpected_rows_query"].replace("{batch}", VIEW)
        kwargs["unexpected_rows_query"] = f"{query} /* {{batch}} */"
    return get_expectation_impl(item.type)(**kwargs, meta={"number": number})


def _read(suite: Suite, item: Expectation, one: Any) -> CheckResult:
    problem = _exception(one.exception_info)
    if problem is not None:
        return _result(suite, item, "error", problem)
    found = dict(one.result or {})
    status: Status = "pass" if one.success is True else "fail"
    total = found.get("element_count")
    nothing = item.type == NOT_NULL and total and found.get("unexpected_count") == total
    observed = f"{_ALL_NULL} in {total} rows" if nothing else _observed(found)
    return replace(_result(suite, item, status, observed), unexpected_rows=_unexpected(item, found))


def _exception(info: Any) -> str | None:
    """First message of an exception; Great Expectations nests them by metric, or not."""
    if not info:
        return None
    items = [info] if "raised_exception" in info else [v for v in info.values() if v]
    for entry in items:
        if entry.get("raised_exception"):
            return _first_line(entry.get("exception_message") or "raised an exception")
    return None


def _observed(found: dict[str, Any]) -> str:
    if "unexpected_count" in found:
        text = f"{found['unexpected_count']} of {found.get('element_count')} rows"
        examples = [v for v in found.get("partial_unexpected_list") or () if v is not None][:3]
        shown = ", ".join(str(value)[:60] for value in examples)
        return f"{text}, for example {shown}" if shown else text
    return str(found.get("observed_value"))[:200]


def _unexpected(item: Expectation, found: dict[str, Any]) -> int | None:
    count = found.get("unexpected_count")
    if count is None and item.type == ROWS_QUERY:
        count = found.get("observed_value")
    return int(count) if count is not None else None


def _result(suite: Suite, item: Expectation, status: Status, observed: str) -> CheckResult:
    return CheckResult(
        suite=suite.suite,
        expectation=item.label,
        layer=suite.layer,
        table_name=suite.table,
        severity=item.severity,
        status=status,
        observed=observed,
        expected=item.expected,
        unexpected_rows=None,
        seconds=0.0,
        owner=suite.owner,
        why=item.meta.why,
    )


def _quoted(suite: Suite) -> str:
    return f'"{suite.layer}"."{suite.table}"'


def _first_line(error: object) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:300]
