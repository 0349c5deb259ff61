"""P14: every critical check of core, stage and audit tables sees what it guards, and blocks.

One night of the tiny demo is built and copied into a candidate. Every critical check passes on it,
and fails on a copy in which its own violation is planted.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from demo_case import built_night
from mutant_case import Mutant, implied, mutants_of, mutated, violation, written
from throughline.checks.engine import run_suite
from throughline.checks.results import CheckResult, blocking
from throughline.checks.suites import ROW_COUNT, ROWS_QUERY, STAGES, Expectation, Suite, load_layer
from throughline.errors import CheckFailed
from throughline.night_checks import stop_on
from throughline.publish import build_candidate

pytestmark = pytest.mark.slow

SUITES = [suite for layer in ("core", *STAGES) for suite in load_layer(layer)]
CORE_RESULT = CheckResult(
    *("core.dim_date", "none", "core", "dim_date", "warning", "pass", "", "", None, 0.0, "o", "w")
)
Verdicts = dict[str, list[str]]
"""Status per planted violation, by label of the check."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> dict[str, Path]:
    """Work file (for core) and candidate (for everything else) of a night."""
    settings, planned = built_night(tmp_path_factory.mktemp("mutants"), postgres_url)
    candidate = build_candidate(settings, planned, [CORE_RESULT])
    return {"core": planned.work_file, "stage": candidate.path}


def criticals(suite: Suite) -> list[Expectation]:
    return [item for item in suite.pushed_down.expectations if item.severity == "critical"]


def judge(database: Path, suite: Suite, items: list[Expectation], relation: str) -> dict[str, str]:
    """Status by label; what fails must block, as P14 asks."""
    asked = suite.model_copy(update={"expectations": tuple(items)})
    results = run_suite(database, asked, relation=relation)
    for result in results:
        assert (result.status == "pass") == (result not in blocking(results))
    return {result.expectation: result.status for result in results}


def of_rows(suite: Suite) -> dict[str, tuple[Expectation, dict[str, str]]]:
    """Checks of single rows and keys that Great Expectations brings, with what breaks them."""
    plain = [item for item in criticals(suite) if item.type not in (ROW_COUNT, ROWS_QUERY)]
    return {item.label: (item, violation(item)) for item in plain}


def with_copies(suite: Suite, database: Path, violations: list[dict[str, str]]) -> str:
    """The table and a copy of its first row per violation; NULLs where the table is empty."""
    with duckdb.connect(str(database), read_only=True) as con:
        empty = not con.execute(f"select 1 from {suite.relation} limit 1").fetchall()
        described = con.execute(f"describe {suite.relation}").fetchall()
    first = f"(select * from {suite.relation} limit 1)"
    copies = []
    for broken in violations:
        values = ", ".join(f'{value} as "{column}"' for column, value in broken.items())
        if empty:
            copies.append(f"select {values}" if values else f"select * from {first}")
        else:
            copies.append(f"select *{f' replace ({values})' if values else ''} from {first}")
    if empty:
        types = {name: kind for name, kind, *_ in described}
        copies += [f"select {column_values(types, violations)}"] * 2
    return f"({' union all by name '.join([f'select * from {suite.relation}', *copies])})"


def column_values(types: dict[str, str], violations: list[dict[str, str]]) -> str:
    """A row of an empty table, to be there twice: some value in every column that is judged."""
    some = {"VARCHAR": "'1'", "BOOLEAN": "true", "DATE": "current_date"}
    columns = sorted({column for broken in violations for column in broken})
    return ", ".join(
        f"cast({some.get(types[name], 'now()' if 'TIME' in types[name] else '1')} as {types[name]})"
        f' as "{name}"'
        for name in columns
    )


def verdicts(files: dict[str, Path], suite: Suite) -> Verdicts:
    """Plant every violation of a suite's critical checks and judge each."""
    database = files["core" if suite.layer == "core" else "stage"]
    sound = judge(database, suite, criticals(suite), suite.relation)
    assert {label: said for label, said in sound.items() if said != "pass"} == {}
    found: Verdicts = {}
    rows = of_rows(suite)
    strict = {label: pair for label, pair in rows.items() if "mostly" not in pair[0].kwargs}
    if strict:
        relation = with_copies(suite, database, [broken for _, broken in strict.values()])
        said = judge(database, suite, [item for item, _ in strict.values()], relation)
        found |= {label: [status] for label, status in said.items()}
    for label, (item, broken) in rows.items():
        if label in strict:
            continue
        values = ", ".join(f'{value} as "{column}"' for column, value in broken.items())
        relation = f"(select * replace ({values}) from {suite.relation})"
        found[label] = [judge(database, suite, [item], relation)[label]]
    for item in criticals(suite):
        if item.type == ROW_COUNT:
            gone = "no.such_table" if item.kwargs["min_value"] == 0 else "limit"
            relation = f"(select * from {suite.relation} limit 0)" if gone == "limit" else gone
            found[item.label] = [judge(database, suite, [item], relation)[item.label]]
        elif item.type == ROWS_QUERY:
            found[item.label] = [
                judge(database, suite, [item], mutated(suite.relation, mutant))[item.label]
                for mutant in mutants_of(suite.suite, item)
            ]
    return found


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.suite)
def test_every_critical_check_sees_every_violation_planted_for_it(
    files: dict[str, Path], suite: Suite, record_property: Callable[[str, object], None]
) -> None:
    found = verdicts(files, suite)
    survivors = {
        (item.label, item.expected): said
        for item in criticals(suite)
        for said in found[item.label]
        if said != "fail" and not (said == "error" and item.type == ROW_COUNT)
    }
    planted = sum(map(len, found.values()))
    record_property("mutants", [planted - len(survivors), planted])
    assert survivors == {}, f"expectations/{suite.layer}/{suite.table}.yml: {survivors}"


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.suite)
def test_every_critical_query_has_a_mutant(suite: Suite) -> None:
    place = f"expectations/{suite.layer}/{suite.table}.yml"
    for item in criticals(suite):
        if item.type == ROWS_QUERY:
            assert mutants_of(suite.suite, item), (
                f"{place}: nothing breaks {item.expected!r}; write a mutant into"
                f" tests/faults/mutants/{suite.layer}.yml"
            )
        elif item.type != ROW_COUNT:
            violation(item)
    known = {str(item.kwargs.get("description")) for item in criticals(suite)}
    stray = written(suite.suite).keys() - known
    assert not stray, f"tests/faults/mutants/{suite.layer}.yml: {place} has no {sorted(stray)}"


@pytest.mark.parametrize(
    ("query", "mutants"),
    [
        ("select * from {batch} where ctr is distinct from cast(a as double) / 2", 1),
        ("select * from {batch} where a not between 0 and 1 or b not between 0 and 1", 2),
        ("select * from {batch} where a < 0 or b < 0 or c < 0", 3),
        ("select b.x from {batch} as b anti join core.t as t on b.x = t.y", 1),
        ("select * from {batch} where a > b", 0),
    ],
)
def test_clauses_imply_their_mutants(query: str, mutants: int) -> None:
    assert len(list(implied(query))) == mutants


def test_night_stops_on_a_critical_check_that_is_red(files: dict[str, Path]) -> None:
    suite = next(suite for suite in SUITES if suite.suite == "payment.mrr_movement")
    relation = mutated(suite.relation, {"set": {"end_mrr": "end_mrr + 1"}})
    results = run_suite(files["stage"], suite.pushed_down, relation=relation)
    with pytest.raises(CheckFailed, match=r"payment\.mrr_movement"):
        stop_on(results, "the candidate")
    only_warnings = [replace(result, severity="warning") for result in results]
    stop_on(only_warnings, "the candidate")


def test_mutant_of_one_row_changes_one_row() -> None:
    cases: list[tuple[Mutant, list[int]]] = [
        ({"set": {"x": "9"}}, [9, 2, 3]),
        ({"set": {"x": "9"}, "where": "x > 1"}, [1, 9, 3]),
        ({"add": {"x": "x + 7"}, "where": "x = 2"}, [1, 2, 3, 9]),
        ({"new": {"x": "7"}}, [1, 2, 3, 7]),
        ({"delete": "x = 2"}, [1, 3]),
    ]
    with duckdb.connect() as con:
        con.execute("create table t as from (values (1), (2), (3)) as t (x)")
        for mutant, values in cases:
            assert [x for (x,) in con.execute(f"from {mutated('t', mutant)}").fetchall()] == values
