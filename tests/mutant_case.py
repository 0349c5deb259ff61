"""Mutants: a relation of good rows in which one violation is planted, as SQL.

What a check of Great Expectations' own guards follows from its type and arguments. What a query
guards is written beside it in `faults/mutants/<layer>.yml`, by suite and description, except for a
few shapes of conditions that many queries share.

A mutant is one of
    {set: {column: expression, ...}, where: condition}   in the first row that meets the condition
    {add: {column: expression, ...}, where: condition}   one more row, a changed copy of that one
    {new: {column: expression, ...}}                     one more row, all else NULL
    {delete: condition}                                  the rows that meet it are gone
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from throughline.checks.suites import ROWS_QUERY, Expectation

FOLDER = Path(__file__).parent / "faults" / "mutants"
Mutant = Mapping[str, Any]


def mutated(relation: str, mutant: Mutant) -> str:
    """SQL of a table with the violation planted; what may follow `from`."""
    if "delete" in mutant:
        return f"(select * from {relation} where ({mutant['delete']}) is not true)"
    if "new" in mutant:
        values = ", ".join(f'{value} as "{column}"' for column, value in mutant["new"].items())
        return f"(select * from {relation} union all by name select {values})"
    row = f"rowid = (select min(rowid) from {relation} where {mutant.get('where', 'true')})"
    if "set" in mutant:
        changed = ", ".join(
            f'case when {row} then {value} else "{column}" end as "{column}"'
            for column, value in mutant["set"].items()
        )
        return f"(select * replace ({changed}) from {relation})"
    changed = ", ".join(f'{value} as "{column}"' for column, value in mutant["add"].items())
    replaced = f" replace ({changed})" if changed else ""
    return f"(select * from {relation} union all select *{replaced} from {relation} where {row})"


def mutants_of(suite: str, item: Expectation) -> list[Mutant]:
    """Every mutant of a query: those its clauses imply, and those written down for it."""
    assert item.type == ROWS_QUERY
    query = str(item.kwargs["unexpected_rows_query"])
    given = written(suite).get(str(item.kwargs.get("description")), [])
    return [*implied(query), *given]


def implied(query: str) -> Iterator[Mutant]:
    """A mutant for each clause of a shape that says what breaks it."""
    orphan = re.match(r"select b\.(\w+) from {batch} (?:as )?b\s+anti join \S+ (?:as )?t on", query)
    if orphan:
        yield {"set": {orphan[1]: "'no such row'"}}
    ratio = r"where (is_mature and )?(\w+) is distinct from (?:cast\(|\w+ / )"
    for mature, column in re.findall(ratio, query):
        yield {
            "set": {column: f"coalesce({column}, 0) + 1"},
            "where": "is_mature" if mature else "true",
        }
    for column in re.findall(r"\b(\w+) not between 0 and 1\b", query):
        yield {"set": {column: "2"}}
    if " or " in query or query.count(" < 0") == 1:
        for column in re.findall(r"(?:where|or) (\w+) < 0(?= or|$)", query):
            yield {"set": {column: "-1"}}
    for share, below, above in re.findall(r"abs\((\w+) \* (\w+) - (\w+)\) > 1e-6 \*", query):
        yield {"set": {share: "5", below: "2", above: "1"}}
    for share, below in re.findall(r"\((\w+) is not null and coalesce\((\w+), 0\) = 0\)", query):
        yield {"set": {share: "1", below: "0"}}


@cache
def written(suite: str) -> dict[str, list[Mutant]]:
    """Mutants written down for a suite, by description of the query."""
    path = FOLDER / f"{suite.split('.')[0]}.yml"
    return (yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}).get(
        suite, {}
    )


def violation(item: Expectation) -> dict[str, str]:
    """Column and value that break a check of single rows.

    Raises:
        KeyError: no violation is known for the type.
    """
    kwargs = item.kwargs
    match item.type:
        case "expect_column_values_to_not_be_null":
            return {kwargs["column"]: "null"}
        case "expect_column_values_to_be_in_set":
            return {kwargs["column"]: "'no such value'"}
        case "expect_column_values_to_be_between" if kwargs.get("max_value") is not None:
            return {kwargs["column"]: f"{kwargs['max_value']} + 1"}
        case "expect_column_values_to_be_between":
            return {kwargs["column"]: f"{kwargs['min_value']} - 1"}
        case "expect_column_value_lengths_to_equal":
            return {kwargs["column"]: "'X'"}
        case "expect_column_pair_values_a_to_be_greater_than_b":
            return {kwargs["column_A"]: f'"{kwargs["column_B"]}" - 1'}
        case "expect_column_values_to_be_unique" | "expect_compound_columns_to_be_unique":
            return {}  # every planted row is a copy
    raise KeyError(f"{item.type}: say in tests/mutant_case.py what breaks it")
