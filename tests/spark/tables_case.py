"""Two nights of the tiny demo on both engines, and how their tables are compared."""

import math
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from demo_case import connected
from throughline import demo
from throughline.extract import extract_domain
from throughline.settings import DOMAINS, Settings, load_settings
from throughline.spark.build import build as build_on_spark
from throughline.spark.inputs import Execute
from throughline.warehouse import build, plan

SOME = ("core.map_company", "core.fct_subscription_month", "core.dim_date", "core.fct_user_day")
"""What the short form compares, with all that these are made of."""

SELECTED = ("--select", *(f"+{table.split('.')[1]}" for table in SOME))
NIGHTS = (date(2026, 6, 29), date(2026, 6, 30))
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Nights:
    """What two nights came to on both engines; `not_built` says what Spark failed to build."""

    settings: Settings
    work_file: Path
    tables: Path
    not_built: dict[str, str]


def make_home(folder: Path, postgres_url: str) -> Settings:
    """A home with the batches of both nights."""
    (folder / "throughline.yml").write_text("home: home\ndemo: {size: tiny}\n", encoding="utf-8")
    settings = load_settings(folder / "throughline.yml")
    demo.generate(settings, NIGHTS[-1])
    with connected(settings, postgres_url):
        for as_of in NIGHTS:
            demo.load_crm(settings, postgres_url, as_of)
            for domain in DOMAINS:
                outcome = extract_domain(settings, domain, as_of)
                assert outcome.status == "ok", outcome.detail
    return settings


def build_on_both(
    settings: Settings, as_of: date, folder: Path, execute: Execute, *arguments: str
) -> dict[str, str]:
    """Build a night on DuckDB and, of the same run, what is selected on Spark.

    Returns the message of each seed or model that Spark did not build, by `schema.table`.
    """
    planned = plan(settings, as_of)
    built = build(settings, planned)
    for table in built.rebuilt:
        execute(f"drop table if exists {table}")
    done = build_on_spark(settings, planned.work_file, folder, execute, *arguments)
    return {f"{one.schema}.{one.model}": one.message for one in done if one.status != "success"}


def differences(work_file: Path, tables: Path, name: str) -> list[str]:
    """What differs between a table of a work file and Spark's files of it; empty when nothing."""
    schema, _, table = name.partition(".")
    with duckdb.connect(str(work_file), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        columns = con.execute(
            "select column_name, data_type from duckdb_columns()"
            " where schema_name = ? and table_name = ? order by column_index",
            [schema, table],
        ).fetchall()
        assert columns, f"there is no table {name} in {work_file}"
        theirs = (
            f"read_parquet('{tables}/{schema}.db/{table}/**/*.parquet', hive_partitioning = true)"
        )
        try:
            found = {row[0] for row in con.execute(f"describe select * from {theirs}").fetchall()}
        except duckdb.IOException:
            rows = con.execute(f"select count(*) from {schema}.{table}").fetchall()[0][0]
            return [f"{rows} rows on DuckDB, no file of Spark"] if rows else []
        if found != {column for column, _ in columns}:
            return [f"columns: {sorted(found ^ {column for column, _ in columns})}"]
        return _rows_that_differ(
            columns, _rows(con, f"{schema}.{table}", columns), _rows(con, theirs, columns)
        )


def _rows(con: Any, source: str, columns: list[tuple[str, str]]) -> list[tuple[Any, ...]]:
    """All rows in the types of the work file, in an order in which floats come last."""
    wanted = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in columns)
    order = sorted(range(len(columns)), key=lambda at: columns[at][1] == "DOUBLE")
    by = ", ".join(f"{at + 1} nulls last" for at in order)
    return con.execute(f"select {wanted} from {source} order by {by}").fetchall()


def _rows_that_differ(
    columns: list[tuple[str, str]], ours: list[Any], theirs: list[Any]
) -> list[str]:
    if len(ours) != len(theirs):
        return [f"{len(ours)} rows on DuckDB, {len(theirs)} on Spark"]
    names = [name for name, _ in columns]
    return [
        f"{names[at]}: {a!r} on DuckDB, {b!r} on Spark, in {dict(zip(names, one, strict=True))}"
        for one, other in zip(ours, theirs, strict=True)
        for at, (a, b) in enumerate(zip(one, other, strict=True))
        if not _alike(a, b)
    ][:5]


def _alike(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(ours == theirs)


def models_of(project: Path, *layers: str) -> list[str]:
    """`schema.table` of every model below some folders of the dbt project."""
    found = []
    for layer in layers:
        for path in sorted((project / "models" / layer).glob("*.sql")):
            alias = re.search(r"alias='(\w+)'", path.read_text(encoding="utf-8"))
            found.append(f"{layer}.{alias.group(1) if alias else path.stem}")
    return found
