"""Which metrics of Great Expectations need no query of their own, and in which order they come.

Beside the number of unexpected values it fetches examples of them, and beside the number of rows
that a query finds the rows: a second query for nearly every expectation, though nearly all find
none. Counts decide whether an expectation holds; nothing here touches them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

EXAMPLES, COUNT = ".unexpected_values", ".unexpected_count"
ROWS = "unexpected_rows_query.table"
"""Rows of a query; the result format that we ask for throws them away."""
COLUMN_TYPES = "table.column_types"
"""Read through a second connection, which cannot begin while a query's transaction is open."""


def in_order(metrics: Iterable[Any]) -> list[Any]:
    """The metrics to resolve now: column types first; examples once nothing else is left.

    Great Expectations asks again for what it did not get, and by then it knows the counts.
    """
    asked = sorted(metrics, key=lambda metric: metric.metric_name != COLUMN_TYPES)
    others = [metric for metric in asked if not metric.metric_name.endswith(EXAMPLES)]
    return others or asked


def needless(metrics: Iterable[Any], known: Mapping[Any, Any]) -> dict[Any, Any]:
    """Values, by metric id, of the metrics that need no query: rows, and examples of nothing.

    Where a column is judged twice in the same way, all counts must be zero.
    """
    counts: dict[tuple[str, Any], list[Any]] = {}
    for key, value in known.items():
        if key.metric_name.endswith(COUNT):
            place = (key.metric_name.removesuffix(COUNT), key.metric_domain_kwargs_id)
            counts.setdefault(place, []).append(value)
    nothing = {place for place, found in counts.items() if all(n == 0 for n in found)}
    return {
        metric.id: []
        for metric in metrics
        if metric.metric_name == ROWS
        or (metric.metric_name.removesuffix(EXAMPLES), metric.id.metric_domain_kwargs_id) in nothing
    }
