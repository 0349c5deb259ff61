"""`audit.reconciliation`: what landed is loaded, or is counted as a duplicate or an exclusion.

The survivors of a key (G4) are worked out here a second time, from the contract alone, so that a
row which the staging models lose is found.
"""

import dataclasses

import duckdb

from throughline.checks.results import CheckResult
from throughline.contracts import Contract, load_contracts
from throughline.sql_text import literal, quoted
from throughline.warehouse.runs import Run

AMOUNTS = ("amount", "cost")
FLAGS = ("is_deleted", "is_test")

TABLE = """
create table audit.reconciliation (
    run_id varchar, source varchar, entity varchar, date date,
    landed_rows bigint, accepted_rows bigint, duplicate_rows bigint, excluded_rows bigint,
    loaded_rows bigint, difference bigint,
    landed_amount decimal(38, 4), dropped_amount decimal(38, 4), loaded_amount decimal(38, 4),
    amount_difference decimal(38, 4)
)
"""


def reconcile(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Write the table: one row per source and entity (`date` NULL), for reports also per date.

    `difference` is landed minus duplicate, excluded and loaded rows; where the accepted file does
    not hold what its manifest says, their difference.
    """
    con.execute(TABLE)
    contracts = load_contracts()
    for entity in sorted({batch.entity for batch in run.batches}):
        select = _select(con, contracts[entity], by_date=False)
        con.execute(f"insert into audit.reconciliation {_joined(run, entity, select)}")
        if contracts[entity].date_column:
            select = _select(con, contracts[entity], by_date=True)
            con.execute(
                "insert into audit.reconciliation select"
                f" {literal(run.run_id)}, source, {literal(entity)}, date, accepted_rows,"
                " accepted_rows, duplicate_rows, excluded_rows, loaded_rows, accepted_rows"
                " - duplicate_rows - excluded_rows - loaded_rows, accepted_amount, dropped_amount,"
                f" loaded_amount, accepted_amount - dropped_amount - loaded_amount from ({select})"
                " order by all"
            )


def reconciliation_results(con: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """One result per source and entity: what landed is loaded, or its absence is counted."""
    rows = con.execute(
        "select source, entity, count(*) filter (where difference != 0 or"
        " coalesce(amount_difference, 0) != 0), max(abs(difference)), any_value(landed_rows)"
        " from audit.reconciliation group by all order by all"
    ).fetchall()
    template = CheckResult(
        suite="audit.reconciliation",
        expectation="",
        layer="audit",
        table_name="reconciliation",
        severity="critical",
        status="pass",
        observed="",
        expected="difference 0",
        unexpected_rows=0,
        seconds=0.0,
        owner="data-platform",
        why="a row that landed and is neither loaded nor counted as left out is lost",
    )
    return [
        dataclasses.replace(
            template,
            expectation=f"landed_rows_are_loaded.{source}.{entity}",
            status="fail" if broken else "pass",
            observed=f"difference {difference} of {landed} landed rows",
            unexpected_rows=broken,
        )
        for source, entity, broken, difference, landed in rows
    ]


def _joined(run: Run, entity: str, select: str) -> str:
    return f"""
        with landed as (
            select source, sum(accepted)::bigint as landed_rows, sum(amount) as landed_amount
            from work.run.batches where entity = {literal(entity)} group by all
        ),
        found as ({select})
        select {literal(run.run_id)}, source, {literal(entity)}, null, landed_rows,
            coalesce(accepted_rows, 0), coalesce(duplicate_rows, 0), coalesce(excluded_rows, 0),
            coalesce(loaded_rows, 0),
            case when landed_rows != coalesce(accepted_rows, 0)
                then landed_rows - coalesce(accepted_rows, 0)
                else landed_rows - coalesce(duplicate_rows, 0) - coalesce(excluded_rows, 0)
                    - coalesce(loaded_rows, 0) end,
            landed_amount, dropped_amount, loaded_amount,
            landed_amount - dropped_amount - loaded_amount
        from landed full join found using (source) order by all
    """


def _select(con: duckdb.DuckDBPyConnection, contract: Contract, by_date: bool) -> str:
    """SELECT of counts and amounts per source (and date): accepted, dropped, loaded."""
    entity = quoted(contract.entity)
    amount = next((name for name in AMOUNTS if name in contract.fields), None)
    value = quoted(amount) if amount else "cast(null as decimal(38, 4))"
    grain = f"_source as source, {quoted('date') if by_date else 'cast(null as date)'} as date"
    keys = ", ".join(quoted(name) for name in contract.key)
    return f"""
        with ranked as (
            select *, {_is_visible(contract)} as is_visible, row_number() over (
                partition by {keys}, {_is_visible(contract)} order by {_order(contract)}
            ) as place
            from work.input.{entity}
        ),
        judged as (
            select {grain}, {value} as value,
                is_visible and place > 1 as is_duplicate,
                not is_visible or place = 1 and ({_is_excluded(contract)}) as is_excluded
            from ranked
        ),
        accepted as (
            select source, date, count(*) as accepted_rows, sum(value) as accepted_amount,
                count(*) filter (where is_duplicate) as duplicate_rows,
                count(*) filter (where is_excluded) as excluded_rows,
                coalesce(sum(value) filter (where is_duplicate or is_excluded), 0)
                    as dropped_amount
            from judged group by all
        ),
        loaded as (
            select {grain}, count(*) as loaded_rows, sum({value}) as loaded_amount
            from {_staging(con, contract)} group by all
        )
        select coalesce(accepted.source, loaded.source) as source,
            coalesce(accepted.date, loaded.date) as date,
            coalesce(accepted_rows, 0) as accepted_rows,
            coalesce(duplicate_rows, 0) as duplicate_rows,
            coalesce(excluded_rows, 0) as excluded_rows,
            coalesce(loaded_rows, 0) as loaded_rows, accepted_amount, dropped_amount,
            case when accepted_amount is not null then coalesce(loaded_amount, 0) end
                as loaded_amount
        from accepted full join loaded
            on accepted.source = loaded.source
            and accepted.date is not distinct from loaded.date
    """


def _staging(con: duckdb.DuckDBPyConnection, contract: Contract) -> str:
    """The staging table; an entity without one has loaded nothing, which reconciliation shows."""
    name = f"stg_{contract.entity}"
    found = con.execute(
        "select count(*) from information_schema.tables where table_catalog = 'work'"
        " and table_schema = 'staging' and table_name = ?",
        [name],
    ).fetchone()
    if found and found[0]:
        return f"work.staging.{quoted(name)}"
    return f"(select * from work.input.{quoted(contract.entity)} where false)"


def _is_visible(contract: Contract) -> str:
    if "updated_at" not in contract.fields:
        return "true"
    return "coalesce(updated_at < (select as_of_end from work.run.parameters), true)"


def _order(contract: Contract) -> str:
    if contract.kind == "event":
        received = quoted(contract.received_at or str(contract.event_at))
        return f"{received}, _row_hash, _loaded_at, _batch_id"
    if contract.kind != "report" and "updated_at" in contract.fields:
        return "coalesce(updated_at, _loaded_at) desc, _loaded_at desc, _row_hash desc"
    return "_loaded_at desc, _row_hash desc"


def _is_excluded(contract: Contract) -> str:
    """Condition of a survivor that is left out (G8); a deleted one may name its survivor (G13)."""
    flags = [f"coalesce({name}, false)" for name in FLAGS if name in contract.fields]
    if "merged_into_id" in contract.fields:
        flags[0] += " and merged_into_id is null"
    return " or ".join(flags) or "false"
