"""Drift between the metric catalogue and the stage tables, in both directions (K24, G5).

The columns of a table are listed once, in its dbt YAML. Of these a metric is every column that is
not a key (the unique columns of the table's suite), not a part of a ratio (`_num`, `_den`) and not
marked `config: {meta: {role: attribute}}`.
"""

import csv
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from throughline.checks.suites import EXPECTATIONS, STAGES
from throughline.settings import PACKAGE

PROJECT = PACKAGE.parents[1] / "dbt_project"
CATALOG = PROJECT / "seeds" / "metric_catalog.csv"
AGGREGATIONS = {"sum", "count", "count_distinct", "ratio", "avg", "quantile", "snapshot"}
PART = re.compile(r"(.+)_(num|den)$")
TABLES = sorted(
    path.relative_to(PROJECT / "models")
    for stage in STAGES
    if stage != "audit"
    for path in (PROJECT / "models" / stage).glob("*.yml")
)


@cache
def catalogue() -> list[dict[str, str]]:
    with CATALOG.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def columns_of(table: Path) -> dict[str, dict[str, Any]]:
    """Columns of a table in order, by name, as its YAML lists them."""
    file = PROJECT / "models" / table
    (model,) = yaml.safe_load(file.read_text(encoding="utf-8"))["models"]
    return {column["name"]: column for column in model["columns"]}


def key_of(table: Path) -> list[str]:
    """Columns that the table's suite declares unique, together or alone."""
    suite = yaml.safe_load((EXPECTATIONS / table).read_text(encoding="utf-8"))
    for item in suite["expectations"]:
        if item["type"] == "expect_compound_columns_to_be_unique":
            return item["kwargs"]["column_list"]
        if item["type"] == "expect_column_values_to_be_unique":
            return [item["kwargs"]["column"]]
    raise AssertionError(f"expectations/{table}: no expectation says what the key is")


def metrics_of(table: Path) -> list[str]:
    key = key_of(table)

    def is_metric(name: str, column: dict[str, Any]) -> bool:
        role = (column.get("config") or {}).get("meta", {}).get("role")
        return name not in key and not PART.match(name) and role != "attribute"

    return [name for name, column in columns_of(table).items() if is_metric(name, column)]


def rows_of(table: Path) -> list[dict[str, str]]:
    where = (table.parent.name, table.stem)
    return [row for row in catalogue() if (row["stage"], row["table_name"]) == where]


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_every_metric_column_has_one_catalogue_row(table: Path) -> None:
    counted = Counter(row["column_name"] for row in rows_of(table))
    missing = [name for name in metrics_of(table) if counted[name] != 1]
    assert not missing, (
        f"dbt_project/seeds/metric_catalog.csv: needs exactly one row for {table.parent}."
        f"{table.stem}: {missing}; or mark them role: attribute in dbt_project/models/{table}"
    )


def test_every_catalogue_row_names_a_metric_column() -> None:
    known = {(t.parent.name, t.stem): metrics_of(t) for t in TABLES}
    for row in catalogue():
        columns = known.get((row["stage"], row["table_name"]))
        assert columns is not None, (
            f"dbt_project/seeds/metric_catalog.csv: {row['metric_id']} names no table"
        )
        assert row["column_name"] in columns, (
            f"dbt_project/models/{row['stage']}/{row['table_name']}.yml: no metric column "
            f"{row['column_name']}, which metric_catalog.csv lists as {row['metric_id']}"
        )


def test_catalogue_rows_are_complete_and_told_apart() -> None:
    ids = Counter(row["metric_id"] for row in catalogue())
    assert not [name for name, times in ids.items() if times > 1], "metric_id stands there twice"
    for row in catalogue():
        needed = ("metric_id", "name", "zh", "dims", "unit", "grain", "owner", "verify_by")
        empty = [name for name in needed if not row[name]]
        assert not empty, f"metric_catalog.csv: {row['metric_id']} lacks {empty}"
        assert row["aggregation"] in AGGREGATIONS, f"metric_catalog.csv: {row['metric_id']}"


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_ratios_ship_with_their_parts(table: Path) -> None:
    columns = columns_of(table)
    for row in rows_of(table):
        if row["aggregation"] != "ratio":
            continue
        for part in ("numerator", "denominator"):
            names = re.findall(r"[a-z][a-z0-9_]*", row[part])
            unknown = [name for name in names if name not in columns]
            assert row[part] and not unknown, (
                f"dbt_project/models/{table}: {row['column_name']} needs its {part} as a column; "
                f"metric_catalog.csv says {row[part]!r}"
            )


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_key_comes_first_and_parts_belong_to_a_ratio(table: Path) -> None:
    columns = list(columns_of(table))
    key = key_of(table)
    assert set(columns[: len(key)]) == set(key), f"dbt_project/models/{table}: key columns first"
    for name in columns:
        if found := PART.match(name):
            other = f"{found[1]}_{'den' if found[2] == 'num' else 'num'}"
            assert {found[1], other} <= set(columns), (
                f"dbt_project/models/{table}: {name} needs {found[1]} and {other}"
            )
