"""What a batch is judged by beside its suite's SQL: contract, manifest, rejects, volume, age."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from throughline.checks.batch_history import Place, days_behind, same_weekday
from throughline.checks.own import (
    AMOUNT_LIKE_WEEKDAY,
    BATCH_FRESH,
    FEW_REJECTS,
    FewRejects,
    Likeness,
    Reach,
)
from throughline.checks.reading import result_of
from throughline.checks.results import CheckResult, Status
from throughline.checks.suites import Expectation, Meta, Suite
from throughline.checks.volume import compare
from throughline.contracts import ENVELOPE, load_contracts
from throughline.errors import ConfigError
from throughline.settings import Settings


@dataclass(frozen=True)
class BatchFacts:
    """Numbers around a batch.

    `rows_before` and `amounts_before` are those of the same weekday's earlier batches, `weekday`
    its name; `amount` is None where the contract has none.
    """

    rows: int
    amount: Decimal | None
    rejected: int
    reject_limit: float
    rows_before: tuple[int, ...]
    amounts_before: tuple[Decimal, ...]
    weekday: str
    days_behind: int | None

    @classmethod
    def of(cls, settings: Settings, batch: Any) -> "BatchFacts":
        """Read the numbers of a `landing.InputBatch` from manifests and the source folder."""
        from throughline.landing import input_batches
        from throughline.source_folders import load_sources

        source = load_sources(settings).get(batch.source)
        if source is None:
            raise ConfigError(f"sources_path: there is no source {batch.source!r} any more")
        before = same_weekday(input_batches(settings, batch.as_of, batch.entity), batch)
        return cls(
            batch.rows,
            batch.amount,
            batch.rejected,
            source.reject_limit,
            tuple(other.rows for other in before),
            tuple(other.amount for other in before if other.amount is not None),
            Place.of(batch).weekday,
            days_behind(batch),
        )


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
    """Judge the source's reject limit, and every expectation of ours that the suite declares."""
    return [_reject_limit(suite, facts), *(_judge(suite, item, facts) for item in suite.own)]


def _reject_limit(suite: Suite, facts: BatchFacts) -> CheckResult:
    total = facts.rows + facts.rejected
    rate = facts.rejected / total if total else 0.0
    item = _critical(
        "reject_rate",
        {},
        "more rejected rows than the source's reject_limit mean that the source changed",
    )
    return replace(
        result_of(
            suite,
            item,
            "pass" if rate <= facts.reject_limit else "fail",
            f"{facts.rejected} of {total} rows rejected ({rate:.2%})",
        ),
        expectation="reject_rate",
        expected=f"at most {facts.reject_limit:.2%}",
    )


def _judge(suite: Suite, item: Expectation, facts: BatchFacts) -> CheckResult:
    if item.type == FEW_REJECTS:
        return result_of(suite, item, *_rejects(facts, FewRejects(**item.kwargs)))
    if item.type == BATCH_FRESH:
        return result_of(suite, item, *_reach(facts, Reach(**item.kwargs)))
    likeness, of = Likeness(**item.kwargs), f"earlier {facts.weekday}s"
    if item.type == AMOUNT_LIKE_WEEKDAY:
        amount = facts.amount if facts.amount is not None else Decimal(0)
        said = compare(amount, facts.amounts_before, likeness, "in all", of)
    else:
        said = compare(facts.rows, facts.rows_before, likeness, "rows", of)
    return result_of(suite, item, *said)


def _rejects(facts: BatchFacts, few: FewRejects) -> tuple[Status, str]:
    total = facts.rows + facts.rejected
    share = facts.rejected / total if total else 0.0
    many = facts.rejected > few.max_rows or share > few.max_share
    status: Status = "fail" if facts.rejected > few.ignored and many else "pass"
    return status, f"{facts.rejected} of {total} rows rejected ({share:.2%})"


def _reach(facts: BatchFacts, reach: Reach) -> tuple[Status, str]:
    behind = facts.days_behind
    if behind is None:
        return "not_applicable", "no business dates"
    status: Status = "pass" if behind <= reach.max_days_behind else "fail"
    return status, f"newest row {behind} days before window's end"


def _critical(type_: str, kwargs: dict[str, Any], why: str) -> Expectation:
    return Expectation.model_construct(
        type=type_, kwargs=kwargs, severity="critical", meta=Meta(why=why)
    )
