"""What one expectation came to, and which results stop the night."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["critical", "warning"]
Status = Literal["pass", "fail", "error", "not_applicable"]


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one expectation on one relation.

    `status` is `fail` when the data broke the expectation, `error` when it could not be judged.
    `unexpected_rows` is None where the expectation counts no rows; `seconds` is the share of the
    suite's time.
    """

    suite: str
    expectation: str
    layer: str
    table_name: str
    severity: Severity
    status: Status
    observed: str
    expected: str
    unexpected_rows: int | None
    seconds: float
    owner: str
    why: str


def blocking(results: Iterable[CheckResult]) -> list[CheckResult]:
    """Return the critical results that neither passed nor are not applicable."""
    return [
        result
        for result in results
        if result.severity == "critical" and result.status not in ("pass", "not_applicable")
    ]


def failed(results: Iterable[CheckResult]) -> list[CheckResult]:
    """Return the results of any severity that neither passed nor are not applicable."""
    return [result for result in results if result.status not in ("pass", "not_applicable")]
