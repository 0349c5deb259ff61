"""What a suite must say beside its checks, so that none of them passes without looking."""

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from throughline.checks.own import (
    BATCH_FRESH,
    FEW_REJECTS,
    ROWS_LIKE_RELEASES,
    ROWS_LIKE_WEEKDAY,
)

if TYPE_CHECKING:
    from throughline.checks.suites import Expectation, Suite

NOT_NULL = "expect_column_values_to_not_be_null"
NULL_CHECKS = (NOT_NULL, "expect_column_values_to_be_null")
TABLE_FRESHNESS = "audit.table_freshness"
_VALUES = re.compile(
    r"expect_(column_(pair_)?(values|distinct_values)|compound_columns|select_column|multicolumn)_"
)


def lacking_null_rate(suite: "Suite", item: "Expectation") -> str | None:
    """Say which null rate is missing beside a check of values; None when none is."""
    if item.type in NULL_CHECKS or not _VALUES.match(item.type):
        return None
    missing = [column for column in item.columns if suite.null_share(column) is None]
    if "column_list" in item.kwargs:  # a NULL in one part of a key hides the repeated key
        missing = [column for column in item.columns if suite.null_share(column) != 1]
    if not missing:
        return None
    return (
        f"{item.label}: add {NOT_NULL} for {', '.join(missing)} (with an honest `mostly`, "
        "without one for the parts of a key), or NULLs would pass unseen"
    )


def lacking_in_file(suite: "Suite", stages: Collection[str]) -> str | None:
    """Say what the file of a layer lacks of usual volume, rejects and freshness; None when nothing.

    Input suites judge each batch against its weekday, suites of stages against earlier releases
    and against `data_through`. Layers between are counted from the one and into the other.
    """
    types = {item.type for item in suite.expectations}
    if suite.layer == "input":
        wanted = [ROWS_LIKE_WEEKDAY, FEW_REJECTS, BATCH_FRESH]
        return ", ".join(type_ for type_ in wanted if type_ not in types) or None
    if suite.layer not in stages:
        return None
    if ROWS_LIKE_RELEASES not in types:
        return ROWS_LIKE_RELEASES
    if not any(item.mentions(TABLE_FRESHNESS) for item in suite.expectations):
        return f"a query that compares its newest row with {TABLE_FRESHNESS}"
    return None
