"""The facts of suites as hand-written SQL: what `checks.py` measures the suites against."""

from collections.abc import Collection
from pathlib import Path

import duckdb

from throughline.checks.suites import Expectation, Suite
from throughline.settings import Settings

Facts = dict[tuple[str, str], bool]
"""Whether a fact holds, by suite and label of its expectation."""


def ask(
    settings: Settings, file: Path, suites: list[Suite], left_out: Collection[tuple[str, str]]
) -> Facts:
    """Ask the facts of suites by hand: one pass per table, queries as they are.

    Tables that the file leaves out are left out, and the facts that `left_out` names by suite and
    label.
    """
    limits = settings.warehouse
    config = {"threads": limits.threads, "memory_limit": limits.memory_limit}
    out: Facts = {}
    with duckdb.connect(str(file), read_only=True, config=config) as con:
        con.execute("set TimeZone = 'UTC'")
        there = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
        ).fetchall()
        for suite in suites:
            if (suite.relation,) not in there:
                continue
            items = [
                item
                for item in suite.pushed_down.expectations
                if (suite.suite, item.label) not in left_out
            ]
            if not items:
                continue
            aggregates = {e.label: sql for e in items if (sql := aggregate(e)) is not None}
            select = f"select {', '.join(aggregates.values())} from {suite.relation}"
            row = con.execute(select).fetchall()[0] if aggregates else ()
            out |= {(suite.suite, k): bool(v) for k, v in zip(aggregates, row, strict=True)}
            for item in items:
                if item.label not in aggregates:
                    query = str(item.kwargs["unexpected_rows_query"])
                    query = query.replace("{batch}", suite.relation)
                    query = query.replace("{{", "{").replace("}}", "}")
                    found = con.execute(f"select count(*) from ({query})").fetchall()[0][0]
                    out[suite.suite, item.label] = found == 0
    return out


def aggregate(item: Expectation) -> str | None:
    """SQL of an aggregate that is true when the fact holds; None for a query of its own.

    Raises:
        SystemExit: the type is not known here.
    """
    given = item.kwargs
    column = f'"{given.get("column")}"'
    match item.type:
        case "unexpected_rows_expectation":
            return None
        case "expect_table_row_count_to_be_between":
            return f"count(*) >= {given['min_value']}"
        case "expect_column_values_to_not_be_null":
            return f"count({column}) >= {given.get('mostly', 1)} * count(*)"
        case "expect_column_values_to_be_unique":
            return f"count({column}) = count(distinct {column})"
        case "expect_compound_columns_to_be_unique":
            key = ", ".join(f'"{name}"' for name in given["column_list"])
            return f"count(*) = count(distinct ({key}))"
        case "expect_column_values_to_be_in_set":
            values = ", ".join(f"'{value}'" for value in given["value_set"])
            return f"count(*) filter (where {column} not in ({values})) = 0"
        case "expect_column_values_to_be_between":
            low, high = given.get("min_value"), given.get("max_value")
            bounds = [f"{column} < {low}"] * (low is not None)
            bounds += [f"{column} > {high}"] * (high is not None)
            return f"count(*) filter (where {' or '.join(bounds)}) = 0"
        case "expect_column_pair_values_a_to_be_greater_than_b":
            sign = "<" if given.get("or_equal") else "<="
            return f'count(*) filter (where "{given["column_A"]}" {sign} "{given["column_B"]}") = 0'
        case "expect_column_value_lengths_to_equal":
            return f"count(*) filter (where length({column}) <> {given['value']}) = 0"
    raise SystemExit(f"{item.type}: say in benchmarks/checks.py how one asks it by hand")
