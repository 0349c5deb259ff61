"""A home folder whose input batches are written by hand, and nights over it; no source is read."""

import hashlib
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb

from throughline import landing, night
from throughline.contracts import ENVELOPE, load_contracts
from throughline.landing import Outcome
from throughline.night_report import NightReport
from throughline.publish.digest import table_hashes
from throughline.settings import DOMAINS, Settings, load_settings
from throughline.warehouse import Built, build, plan
from throughline.warehouse.dbt import project_folder

Row = Mapping[str, Any]
DAY = date(2026, 3, 2)

DOMAIN_OF = {
    "marketing": (
        *("ad_spend_daily", "channel_cost_monthly", "channel_budget", "app_download_daily"),
        *("pageview", "form_submit", "click", "search_term", "im_chat", "seo_rank_daily"),
        *("utm_link", "link_click", "content", "content_event", "bot_ua", "internal_list"),
        *("mkt_event", "mkt_registration", "mkt_event_interaction", "mkt_event_cost"),
    ),
    "calls": ("cdr", "call_disposition", "support_contact"),
    "product": (
        *("api_endpoint", "api_request_log", "app_event"),
        *("company_account", "company_account_daily", "employee_account"),
    ),
}


def domain_of(entity: str) -> str:
    """Domain that delivers an entity in these tests."""
    return next((name for name, held in DOMAIN_OF.items() if entity in held), "crm")


def make_home(folder: Path, entities: Sequence[str] = (), **more: Any) -> Settings:
    """Write a configuration whose sources deliver `entities` (all contracts by default)."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = list(entities) or list(load_contracts())
    for domain in DOMAINS:
        held = [entity for entity in wanted if domain_of(entity) == domain]
        if held:
            _write_source(folder / "sources" / f"{domain}_system", domain, held)
    config = {"home": "home", "sources_path": ["sources"], **more}
    (folder / "throughline.yml").write_text(json.dumps(config), encoding="utf-8")
    return load_settings(folder / "throughline.yml")


def put(
    settings: Settings,
    entity: str,
    rows: Sequence[Row],
    as_of: date,
    window: str | None = None,
    status: str = "passed",
    minute: int = 0,
) -> str:
    """Commit an input batch, extracted after the end of `as_of`; returns its id."""
    source = f"{domain_of(entity)}_system"
    window = window or as_of.isoformat()
    extracted = datetime.combine(as_of + timedelta(days=1), time(18, minute), UTC)
    digest = hashlib.sha256(repr([rows, as_of, minute]).encode()).hexdigest()[:12]
    batch_id = f"{source}.{entity}.{window}.{digest}"
    folder = settings.input / entity / batch_id
    folder.mkdir(parents=True)
    counts = _write_rows(folder, entity, rows, source, batch_id, extracted)
    manifest = {
        "batch_id": batch_id,
        "source": source,
        "domain": domain_of(entity),
        "entity": entity,
        "window": window,
        "as_of": as_of.isoformat(),
        "extracted_at": extracted.isoformat(),
        "conformed_at": extracted.isoformat(),
        "landing": [],
        "rejected": 0,
        "not_mapped": 0,
        "rows_read": len(rows),
        "accepted": len(rows),
        "warnings": {},
        "reasons": {},
        "undelivered": [],
        **counts,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, default=str), encoding="utf-8")
    if status != "landed":
        landing.set_verdict(settings, batch_id, status, "test", "written by a test")
    return batch_id


def outcomes(settings: Settings, as_of: date, **status: str) -> None:
    """Write the outcome of every domain with a source: ok, or what `status` says of it."""
    for domain in DOMAINS:
        said = status.get(domain, "ok")
        if said != "none":
            detail = "" if said == "ok" else "said by a test"
            landing.write_outcome(
                settings, Outcome(domain, as_of, said, detail, [], datetime(2026, 1, 1, tzinfo=UTC))
            )


def run_night(settings: Settings, as_of: date, **status: str) -> NightReport:
    """Say the outcomes and run the night."""
    outcomes(settings, as_of, **status)
    return night.run(settings, as_of)


def build_work(settings: Settings, as_of: date) -> tuple[dict[str, str], Built]:
    """Build the work file without gates; returns the hash of every table that dbt wrote."""
    planned = plan(settings, as_of)
    built = build(settings, planned)
    hashes = table_hashes(planned.work_file)
    return {name: value for name, value in hashes.items() if not name.startswith("run.")}, built


def full_rebuild(settings: Settings, as_of: date) -> dict[str, str]:
    """Build the same from nothing: the work file is deleted before."""
    for path in settings.work.rglob("work.duckdb*"):
        path.unlink()
    return build_work(settings, as_of)[0]


def use_part_of_project(settings: Settings, *tables: str) -> Path:
    """Give a home a dbt project of its own: some tables and what they are made of."""
    own = settings.config_file.parent / "dbt_project"
    shutil.copytree(project_folder(settings), own, ignore=shutil.ignore_patterns("target", "logs"))
    macros = "".join(path.read_text(encoding="utf-8") for path in own.glob("macros/**/*.sql"))
    body = dict(re.findall(r"(?s)macro (\w+)\((.*?)endmacro", macros))
    models = {path.stem: path for path in own.glob("models/**/*.sql")}
    kept, todo = set(), list(tables)
    while todo:
        name = todo.pop()
        if name in models and name not in kept:
            kept.add(name)
            text = models[name].read_text(encoding="utf-8")
            text += "".join(body[macro] for macro in body if f"{macro}(" in text)
            todo += re.findall(r"ref\('(\w+)'\)", text)
    (own / "models" / "exposures.yml").unlink(missing_ok=True)  # they name tables left out
    for name, path in models.items():
        if name not in kept:
            path.unlink()
            path.with_suffix(".yml").unlink(missing_ok=True)
    return own


def save(settings: Settings, name: str) -> Path:
    """Copy the home folder aside, to start several tests from the same night."""
    copy = settings.home.parent / f"saved-{name}"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(settings.home, copy, symlinks=True)
    return copy


def restore(settings: Settings, copy: Path) -> None:
    """Put a saved home folder back at its own path, where dbt's parsed project fits."""
    shutil.rmtree(settings.home, ignore_errors=True)
    shutil.copytree(copy, settings.home, symlinks=True)


def rows_of(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query on a release or work file."""
    with duckdb.connect(str(path.resolve()), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        return con.execute(sql).fetchall()


def _write_source(folder: Path, domain: str, entities: Sequence[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    source = {
        "source": folder.name,
        "domain": domain,
        "owner": f"{domain}-data",
        "description": "Batches written by a test.",
        "timezone": "UTC",
        "streams": {"files": {"way": "files", "path": "none/*.csv", "format": "csv"}},
        "entities": {entity: {"streams": ["files"]} for entity in entities},
    }
    (folder / "source.yml").write_text(json.dumps(source), encoding="utf-8")
    for entity in entities:
        (folder / f"{entity}.sql").write_text("select * from files\n", encoding="utf-8")


def _write_rows(
    folder: Path, entity: str, rows: Sequence[Row], source: str, batch_id: str, at: datetime
) -> dict[str, Any]:
    contract = load_contracts()[entity]
    types = {**contract.columns, **ENVELOPE}
    unknown = {name for row in rows for name in row} - set(types)
    if unknown:
        raise KeyError(f"{entity} has no column {sorted(unknown)}")
    day = contract.date_column and f'"{contract.date_column}"'
    if contract.event_at:
        day = f"cast(timezone('Asia/Shanghai', {contract.event_at}) as date)"
    money = next((name for name in ("amount", "cost") if name in contract.columns), "null")
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        columns = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
        con.execute(f"create table accepted ({columns})")
        for row in rows:
            envelope = {
                "_source": source,
                "_batch_id": batch_id,
                "_loaded_at": at,
                "_row_hash": hashlib.md5(repr(sorted(row.items())).encode()).hexdigest(),
            }
            marks = ", ".join(f"cast(? as {kind})" for kind in types.values())
            con.execute(
                f"insert into accepted values ({marks})",
                [{**envelope, **row}.get(name) for name in types],
            )
        con.execute(f"copy accepted to '{folder / 'accepted.parquet'}' (format parquet)")
        con.execute(
            "copy (select '' as batch_id where false)"
            f" to '{folder / 'rejected.parquet'}' (format parquet)"
        )
        found = con.execute(
            f"select min({day or 'null'}), max({day or 'null'}), sum({money}) from accepted"
        ).fetchall()[0]
    content = (folder / "accepted.parquet").read_bytes()
    return {
        "min_date": found[0],
        "max_date": found[1],
        "amount": found[2],
        "accepted_sha256": hashlib.sha256(content).hexdigest(),
    }
