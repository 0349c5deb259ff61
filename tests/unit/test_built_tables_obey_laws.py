"""What must hold between two worlds (spec/demo.md I11-I13), for every published table at once.

A night of the tiny demo is built; then its inputs are changed in a way whose effect on every
number is known, and the same SELECTs run again.
"""

import csv
from collections.abc import Iterator
from typing import Any

import pytest

from compiled_case import Compiled
from demo_case import built_night
from throughline.checks.suites import STAGES
from throughline.contracts import load_contracts
from warehouse_case import PROJECT, fetch

pytestmark = pytest.mark.slow

LAYERS = [stage for stage in STAGES if stage != "audit"]
TABLES = {
    path.stem: stage for stage in LAYERS for path in (PROJECT / "models" / stage).glob("*.sql")
}
NUMBERS = ("BIGINT", "INTEGER", "HUGEINT", "DOUBLE", "DECIMAL")
NO_MONEY = {("fx_rate", "rate"), ("ad_spend_daily", "conversions_platform")}
NO_ID = {"site_id", "channel_id", "feature_id"}
MORE_IDS = ("uscc", "by", "name", "company_name", "wechat_unionid", "person_key")
NOBODY_USES = {
    "channel": {"channel_id": "'moon'", "channel_group": "'other'", "is_paid": "true"},
    "channel_rules": {
        **{"rule_no": "1", "match_field": "'utm_source'", "match_type": "'equals'"},
        **{"match_value": "'moon'", "channel_id": "'moon'"},
    },
    "event_catalogue": {
        **{"event": "'moonwalk'", "is_active": "true", "is_core_feature": "true"},
        **{"feature_id": "'moon'", "module": "'moon'"},  # a new line would be one more to use
        "business_line": "(select min(business_line) from kept.event_catalogue)",
    },
}
CATALOG = {
    (row["table_name"], row["column_name"]): row
    for row in csv.DictReader((PROJECT / "seeds" / "metric_catalog.csv").open(encoding="utf-8"))
}
Tables = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Compiled:
    """The SELECTs of every published table, and the inputs of a demo night as tables."""
    _, planned = built_night(tmp_path_factory.mktemp("laws"), postgres_url)
    made = Compiled(planned.work_file, planned.work_file.parent / "dbt_target", list(TABLES))
    con = made.con
    con.execute("create schema given; create schema kept")
    for entity in load_contracts():
        con.execute(f'create table given."{entity}" as from input."{entity}"')
        con.execute(f'drop view input."{entity}"')
        con.execute(f'create table input."{entity}" as from given."{entity}"')
    seeds = "select table_name from duckdb_tables() where schema_name = 'seed'"
    for (seed,) in con.execute(seeds).fetchall():
        con.execute(f"create table kept.{seed} as from seed.{seed}")
    return made


@pytest.fixture(scope="module")
def before(night: Compiled) -> Tables:
    """Every published table of the night as it was."""
    night.rebuild()
    return published(night)


@pytest.fixture
def world(night: Compiled, before: Tables) -> Iterator[Compiled]:
    """The night, to be changed; afterwards its inputs and seeds are as they were."""
    yield night
    for schema, kept in (("input", "given"), ("seed", "kept")):
        for (name,) in night.con.execute(
            f"select table_name from duckdb_tables() where schema_name = '{kept}'"
        ).fetchall():
            night.con.execute(f'create or replace table {schema}."{name}" as from {kept}."{name}"')


def published(night: Compiled) -> Tables:
    return {
        name: fetch(night.con, f"select * from {stage}.{name} order by all")
        for name, stage in TABLES.items()
    }


def numbers(night: Compiled, table: str) -> dict[str, float]:
    """Columns of a published table that hold numbers, and by how much rounding may change them."""
    described = night.con.execute(f"describe {TABLES[table]}.{table}").fetchall()
    return {
        name: 0.025 if kind.startswith("DECIMAL") else 1e-12
        for name, kind, *_ in described
        if kind.startswith(NUMBERS)
    }


def test_every_table_of_the_night_has_rows(before: Tables) -> None:
    assert [name for name, rows in before.items() if not rows] == []


def test_channel_and_feature_that_nobody_uses_change_no_number(
    world: Compiled, before: Tables
) -> None:
    for seed, row in NOBODY_USES.items():
        values = ", ".join(f"{value} as {name}" for name, value in row.items())
        world.con.execute(f"insert into seed.{seed} by name select {values}")
    world.rebuild()
    after = published(world)
    for table, rows in before.items():
        assert [row for row in after[table] if "moon" not in row.values()] == rows, table


def test_money_times_two_doubles_money_and_nothing_else(world: Compiled, before: Tables) -> None:
    for entity, contract in load_contracts().items():
        for name, kind in contract.columns.items():
            if kind.startswith("DECIMAL") and (entity, name) not in NO_MONEY:
                world.con.execute(f'update input."{entity}" set "{name}" = 2 * "{name}"')
    world.rebuild()
    after = published(world)
    for table, rows in before.items():
        doubled = []
        for name, slack in numbers(world, table).items():
            then = [float(row[name] or 0) for row in rows]
            now = [float(row[name] or 0) for row in after[table]]
            if now == pytest.approx(then, rel=1e-6):
                continue
            twice = [2 * value for value in then]
            assert now == pytest.approx(twice, rel=1e-6, abs=slack), (table, name)
            doubled.append(name)
        money = {
            name for (of, name), row in CATALOG.items()
            if of == table and "currency" in row["unit"] and any(r.get(name) for r in rows)
        }  # fmt: skip
        counted = {name for of, name in CATALOG if of == table} - money
        assert money <= set(doubled), f"{table}: money that did not double"
        assert not counted & set(doubled), f"{table}: seeds/metric_catalog.csv says no money"


def test_two_companies_that_share_nothing_add_up(world: Compiled, before: Tables) -> None:
    """The other one is a copy under ids of its own: what counts or sums is there twice."""
    for entity, contract in load_contracts().items():
        renamed = ", ".join(
            f'{other(entity, name)} as "{name}"'
            for name, kind in contract.columns.items()
            if kind == "VARCHAR" and is_id(entity, name)
        )
        if renamed:
            world.con.execute(
                f'insert into input."{entity}" select * replace ({renamed}) from given."{entity}"'
            )
        elif "amount" in contract.columns:  # of a channel and month: both pay into one row
            world.con.execute(f'update input."{entity}" set amount = 2 * amount')
    world.rebuild()
    after = published(world)
    found = 0
    for (table, name), metric in CATALOG.items():
        rows = before.get(table, [])
        if metric["aggregation"] not in ("sum", "count") or not any(r.get(name) for r in rows):
            continue
        if name not in numbers(world, table):
            continue
        slack = numbers(world, table)[name] * len(rows)
        then = sum(float(row[name] or 0) for row in rows)
        now = sum(float(row[name] or 0) for row in after[table])
        assert now == pytest.approx(2 * then, rel=1e-9, abs=slack), (table, name)
        found += 1
    assert found > 30


def is_id(entity: str, name: str) -> bool:
    """Whether a text column says who or which, and not what kind."""
    if entity in ("bot_ua", "internal_list", "fx_rate") or name in (*NO_ID, "ip_hash"):
        return False
    return name in MORE_IDS or name.endswith(("_id", "_hash", "domain"))


def other(entity: str, name: str) -> str:
    """SQL of the other company's value of a column; mail that anyone may have stays as it is."""
    if name.endswith("domain"):
        return (
            f'case when "{name}" in (select domain from seed.free_mail_domains) then "{name}"'
            f" else 'other-' || \"{name}\" end"
        )
    return f"'other ' || \"{name}\""
