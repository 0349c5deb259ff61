"""How far the data of each domain, source and table reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from throughline import landing
from throughline.contracts import Contract, load_contracts
from throughline.settings import Settings
from throughline.sql_text import quoted
from throughline.warehouse.runs import Run


@dataclass(frozen=True)
class Freshness:
    """`data_through` per stale domain, and which domains deliver an entity."""

    as_of: date
    stale: dict[str, date | None]
    domains: dict[str, frozenset[str]]

    def through(self, entities: Sequence[str]) -> date:
        """Last business date that is complete in everything that a table reads."""
        read = frozenset().union(*(self.domains.get(entity, frozenset()) for entity in entities))
        reach = [through for domain, through in self.stale.items() if domain in read]
        return min([self.as_of, *(day for day in reach if day is not None)])

    def stale_domains(self, entities: Sequence[str]) -> list[str]:
        """Stale domains that a table reads."""
        read = frozenset().union(*(self.domains.get(entity, frozenset()) for entity in entities))
        return sorted(read & self.stale.keys())


def measure_freshness(con: duckdb.DuckDBPyConnection, settings: Settings, run: Run) -> Freshness:
    """Say how far each stale domain reaches: its last night that ended well.

    A domain that never had one reaches as far as its newest live batch.
    """
    newest = con.execute("select domain, max(as_of) from work.run.batches group by all").fetchall()
    reach: dict[str, date] = dict(newest)
    domains: dict[str, set[str]] = {}
    for entity, domain in con.execute(
        "select distinct entity, domain from work.run.batches"
    ).fetchall():
        domains.setdefault(entity, set()).add(domain)
    return Freshness(
        as_of=run.as_of,
        stale={
            name: _last_good(settings, name, run.as_of) or reach.get(name) for name in run.stale
        },
        domains={entity: frozenset(names) for entity, names in domains.items()},
    )


def _last_good(settings: Settings, domain: str, as_of: date) -> date | None:
    nights = sorted((path.name for path in settings.outcomes.glob("????-??-??")), reverse=True)
    for night in (date.fromisoformat(name) for name in nights):
        outcome = landing.read_outcome(settings, domain, night) if night < as_of else None
        if outcome is not None and outcome.status == "ok":
            return night
    return None


def write_freshness(con: duckdb.DuckDBPyConnection, run: Run, freshness: Freshness) -> None:
    """Write `audit.source_freshness` (run, source, entity) and `audit.table_freshness`."""
    con.execute(
        "create table audit.source_freshness (run_id varchar, source varchar, entity varchar,"
        " domain varchar, last_event_at timestamptz, last_received_at timestamptz, rows bigint,"
        " data_through date, lag_hours double, outcome varchar, is_stale boolean)"
    )
    pairs = con.execute(
        "select source, entity, domain, max(extracted_at), sum(accepted)::bigint"
        " from work.run.batches group by all order by all"
    ).fetchall()
    for source, entity, domain, received, rows in pairs:
        last = _last_event(con, load_contracts()[entity], source)
        stale = domain in run.stale
        through = freshness.through([entity])
        con.execute(
            "insert into audit.source_freshness select ?, ?, ?, ?, ?, ?, ?, ?,"
            " (select round(date_diff('second', ?::timestamptz, as_of_end) / 3600.0, 2)"
            "  from work.run.parameters), ?, ?",
            [
                *(run.run_id, source, entity, domain, last, received, rows, through, last),
                *(run.stale.get(domain, "ok"), stale),
            ],
        )
    con.execute(
        "create table audit.table_freshness (run_id varchar, schema_name varchar,"
        " table_name varchar, data_through date, stale_domains varchar[], is_stale boolean)"
    )
    _write_tables(con, run, freshness)


def _write_tables(con: duckdb.DuckDBPyConnection, run: Run, freshness: Freshness) -> None:
    models = con.execute(
        "select models.schema_name, model, inputs from work.run.models as models"
        " join duckdb_tables() as tables"
        " on tables.database_name = current_database()"
        " and tables.schema_name = models.schema_name and tables.table_name = models.model"
        " order by all"
    ).fetchall()
    for schema, model, inputs in models:
        stale = freshness.stale_domains(inputs)
        con.execute(
            "insert into audit.table_freshness values (?, ?, ?, ?, ?, ?)",
            [run.run_id, schema, model, freshness.through(inputs), stale, bool(stale)],
        )


def _last_event(con: duckdb.DuckDBPyConnection, contract: Contract, source: str) -> object:
    columns = [contract.event_at, contract.date_column, "updated_at"]
    known = [name for name in columns if name in contract.fields]
    if not known:
        return None
    row = con.execute(
        f"select max({quoted(str(known[0]))})::timestamptz from work.input."
        f"{quoted(contract.entity)} where _source = ?",
        [source],
    ).fetchone()
    return row[0] if row else None
