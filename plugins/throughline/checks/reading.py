"""Turn what Great Expectations says of one expectation into a result."""

from dataclasses import replace
from typing import Any

from throughline.checks.results import CheckResult, Status
from throughline.checks.suite_rules import NOT_NULL
from throughline.checks.suites import ROWS_QUERY, Expectation, Suite

ALL_NULL = "not one value"


def read_result(suite: Suite, item: Expectation, one: Any) -> CheckResult:
    """Read one validation result: an exception is an error, anything but success a failure."""
    problem = _exception(one.exception_info)
    if problem is not None:
        return result_of(suite, item, "error", problem)
    found = dict(one.result or {})
    status: Status = "pass" if one.success is True else "fail"
    total = found.get("element_count")
    nothing = item.type == NOT_NULL and total and found.get("unexpected_count") == total
    observed = f"{ALL_NULL} in {total} rows" if nothing else _observed(found)
    return replace(
        result_of(suite, item, status, observed), unexpected_rows=_unexpected(item, found)
    )


def _exception(info: Any) -> str | None:
    """First message of an exception; Great Expectations nests them by metric, or not."""
    if not info:
        return None
    items = [info] if "raised_exception" in info else [v for v in info.values() if v]
    for entry in items:
        if entry.get("raised_exception"):
            return first_line(entry.get("exception_message") or "raised an exception")
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


def result_of(suite: Suite, item: Expectation, status: Status, observed: str) -> CheckResult:
    """Build a result that counts no rows and took no time."""
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


def first_line(error: object) -> str:
    """First line of an error, at most 300 characters."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:300]
