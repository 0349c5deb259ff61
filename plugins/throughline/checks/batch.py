"""What a batch is judged by beside its suite: contract, manifest, rejects, volume, age."""

import re
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any

from throughline.checks.results import CheckResult, Severity
from throughline.checks.suites import Expectation, Meta, Suite
from throughline.contracts import ENVELOPE, load_contracts
from throughline.errors import ConfigError
from throughline.settings import Settings

ENOUGH_BATCHES = 5
FEWEST, MOST = 0.25, 4.0
OLDEST_DAYS = 2
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class BatchFacts:
    """Numbers around a batch; `before` are the rows of its predecessors that passed."""

    rows: int
    rejected: int
    reject_limit: float
    before: tuple[int, ...]
    days_behind: int | None

    @classmethod
    def of(cls, settings: Settings, batch: Any) -> "BatchFacts":
        """Read the numbers of a `landing.InputBatch` from manifests and the source folder."""
        from throughline.landing import input_batches
        from throughline.source_folders import load_sources

        source = load_sources(settings).get(batch.source)
        if source is None:
            raise ConfigError(f"sources_path: there is no source {batch.source!r} any more")
        alike = [
            other.rows
            for other in input_batches(settings, batch.as_of, batch.entity)
            if other.source == batch.source
            and other.status == "passed"
            and other.batch_id != batch.batch_id
            and _shape(other.window) == _shape(batch.window)
        ]
        return cls(batch.rows, batch.rejected, source.reject_limit, tuple(alike), _age(batch))


def promised_by_contract(batch: Any) -> list[Expectation]:
    """Expectations that contract and manifest imply: the columns, and as many rows as counted."""
    columns = [*load_contracts()[batch.entity].columns, *ENVELOPE]
    return [
        _critical(
            "expect_table_columns_to_match_set",
            {"column_set": columns, "exact_match": True},
            "accepted rows have the columns of the contract and the envelope, no other",
        ),
        _critical(
            "expect_table_row_count_to_equal",
            {"value": batch.rows},
            "the file holds as many rows as its manifest counted",
        ),
    ]


def own_results(suite: Suite, facts: BatchFacts) -> list[CheckResult]:
    """Judge reject rate (critical), volume and age (warnings) of a batch."""
    return [_rejects(suite, facts), _volume(suite, facts), _freshness(suite, facts)]


def _rejects(suite: Suite, facts: BatchFacts) -> CheckResult:
    total = facts.rows + facts.rejected
    rate = facts.rejected / total if total else 0.0
    return _result(
        suite,
        "reject_rate",
        "critical",
        rate <= facts.reject_limit,
        f"{facts.rejected} of {total} rows rejected ({rate:.2%})",
        f"at most {facts.reject_limit:.2%}",
        "more rejected rows than the source's reject_limit mean that the source changed",
    )


def _volume(suite: Suite, facts: BatchFacts) -> CheckResult:
    usual = median(facts.before[-28:]) if len(facts.before) >= ENOUGH_BATCHES else None
    fine = usual is None or FEWEST * usual <= facts.rows <= MOST * usual
    return _result(
        suite,
        "volume",
        "warning",
        fine,
        f"{facts.rows} rows",
        f"about {usual:g} rows as before" if usual is not None else "too few batches to compare",
        "a batch much smaller or larger than the ones before is worth a look",
    )


def _freshness(suite: Suite, facts: BatchFacts) -> CheckResult:
    behind = facts.days_behind
    return _result(
        suite,
        "freshness",
        "warning",
        behind is None or behind <= OLDEST_DAYS,
        "no business dates" if behind is None else f"newest row {behind} days before window's end",
        f"at most {OLDEST_DAYS} days",
        "a source that stopped delivering new days often goes on delivering old ones",
    )


def _shape(window: str) -> str:
    return "day" if _DAY.fullmatch(window) else window if window == "snapshot" else "span"


def _age(batch: Any) -> int | None:
    """Days between the last day of a dated window and the newest business date in it."""
    days = _DAY.findall(batch.window)
    if not days or batch.max_date is None:
        return None
    return (date.fromisoformat(days[-1]) - batch.max_date).days


def _critical(type_: str, kwargs: dict[str, Any], why: str) -> Expectation:
    return Expectation(type=type_, kwargs=kwargs, severity="critical", meta=Meta(why=why))


def _result(
    suite: Suite,
    name: str,
    severity: Severity,
    fine: bool,
    observed: str,
    expected: str,
    why: str,
) -> CheckResult:
    return CheckResult(
        suite=suite.suite,
        expectation=name,
        layer=suite.layer,
        table_name=suite.table,
        severity=severity,
        status="pass" if fine else "fail",
        observed=observed,
        expected=expected,
        unexpected_rows=None,
        seconds=0.0,
        owner=suite.owner,
        why=why,
    )
