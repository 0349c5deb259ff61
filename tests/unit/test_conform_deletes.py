"""Rows that are deleted: by a flag, by a delete feed; what they need, and what they hide."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import ingest_case as case
from delete_case import FIRST, counted, ids, night
from throughline.conform import conform, find_parts
from throughline.connect.files import land_files
from throughline.errors import ConfigError, ConformError
from throughline.extract import extract_source
from throughline.landing import InputBatch, input_batches
from throughline.settings import Settings

LATER = "2999-12-01T00:00:00Z"
NEXT = FIRST + timedelta(days=1)
LEADS = """
select
    _file, _row, record->>'id' as lead_id, record->>'created' as created_at,
    record->>'status' as status, record->>'changed' as updated_at,
    record->>'survivor' as merged_into_id, record->>'deleted' as is_deleted
from leads
"""
DELETED = "select _file, _row, record->>'lead' as lead_id, record->>'at' as updated_at from gone"
STREAM = {"way": "files", "format": "jsonl", "empty_ok": True}


def leads_of(tmp_path: Path, deleted: str = DELETED) -> Settings:
    """A source of leads by day, with a delete feed by day."""
    settings = case.make_settings(tmp_path)
    case.write_source(
        settings,
        "vendor",
        {
            "leads": {**STREAM, "path": "{home}/drop/leads_{date}.jsonl"},
            "gone": {**STREAM, "path": "{home}/drop/gone_{date}.jsonl"},
        },
        {"lead": LEADS, "lead.deletes": deleted},
        {"lead": {"streams": ["leads"], "deletes": ["gone"]}},
        domain="crm",
    )
    for name in ("leads", "gone"):
        case.drop(settings, f"{name}_2026-03-01.jsonl", "")
    return settings


def write(settings: Settings, name: str, *rows: dict[str, Any]) -> None:
    case.drop(settings, f"{name}.jsonl", "".join(json.dumps(row) + "\n" for row in rows))


def lead(number: int, at: str, **more: Any) -> dict[str, Any]:
    return {"id": ids(number)[0], "created": "2026-03-01T00:00:00Z", "status": "new", **more} | {
        "changed": at
    }


def test_a_deleted_row_needs_only_its_key_and_hides_the_versions_before_it(tmp_path: Path) -> None:
    settings = leads_of(tmp_path)
    write(settings, f"leads_{FIRST}", *(lead(n, "2026-03-04T01:00:00Z") for n in (1, 2, 3)))
    write(
        settings,
        f"leads_{NEXT}",
        {"id": "L0002", "changed": "2026-03-05T01:00:00Z", "deleted": True},
        {"changed": "2026-03-05T01:00:00Z", "deleted": True},  # not even a key
        {"id": "L0003", "changed": "2026-03-05T01:00:00Z"},  # not deleted, so not enough
        {"id": "L0001", "deleted": True, "survivor": "L0003"},  # it stays, to lead to its survivor
    )
    night(settings, FIRST)
    night(settings, NEXT)
    assert counted(settings, FIRST) == ids(1, 2, 3)
    assert counted(settings, NEXT) == ids(1, 3)
    batch = input_batches(settings, entity="lead")[-1]
    assert (batch.rows, batch.bare, batch.rejected, batch.deletes) == (1, 1, 3, False)
    assert batch.reasons == {"missing:created_at": 2, "missing:lead_id": 1, "missing:status": 2}


def test_a_deleted_row_breaks_no_rule(tmp_path: Path) -> None:
    settings = leads_of(tmp_path)
    converted = lead(1, "2026-03-04T01:00:00Z", status="converted")  # names no opportunity
    write(settings, f"leads_{FIRST}", {**converted, "deleted": True}, {**converted, "id": "L2"})
    night(settings, FIRST)
    batch = input_batches(settings)[-1]
    assert (batch.rows, batch.reasons) == (1, {"converted_without_opportunity": 1})


def test_a_batch_with_bare_deletes_passes_the_gate_and_its_other_rows_are_judged(
    tmp_path: Path,
) -> None:
    settings = leads_of(tmp_path)
    rows = [lead(number, "2026-03-04T01:00:00Z") for number in range(200)]
    write(settings, f"leads_{FIRST}", *rows, {"id": "L0900", "deleted": True})
    write(settings, f"gone_{FIRST}", {"lead": "L0001", "at": "2026-03-04T05:00:00Z"})
    report = extract_source(settings, "vendor", FIRST)
    assert (report.status, report.accepted) == ("ok", 202)
    rows = [lead(number, "2026-03-05T01:00:00Z") | {"created": LATER} for number in range(9)]
    write(settings, f"leads_{NEXT}", *rows, {"id": "L0901", "deleted": True})
    assert extract_source(settings, "vendor", NEXT).status == "held"  # created after extraction


def test_a_delete_feed_brings_keys_and_times_and_nothing_replaces_the_rows(tmp_path: Path) -> None:
    settings = leads_of(tmp_path)
    write(settings, f"leads_{FIRST}", *(lead(n, "2026-03-04T01:00:00Z") for n in (1, 2, 3)))
    write(settings, f"gone_{FIRST}", {"lead": "L0003", "at": "2026-03-04T05:00:00Z"})
    write(
        settings,
        f"gone_{NEXT}",
        {"lead": "L0001", "at": "2026-03-05T05:00:00Z"},
        {"lead": "L0002"},
    )
    night(settings, FIRST)
    night(settings, NEXT)
    assert counted(settings, FIRST) == ids(1, 2)
    assert counted(settings, NEXT) == ids(2)  # a tombstone without a time is rejected
    batches = {batch.window: batch for batch in input_batches(settings) if batch.rows}
    assert sorted(batches) == ["2026-03-04", "2026-03-04-deletes", "2026-03-05-deletes"]
    newest = batches["2026-03-05-deletes"]
    assert (newest.rows, newest.reasons, newest.deletes) == (1, {"missing:updated_at": 1}, True)
    assert case.rows(newest.path, "lead_id, updated_at, is_deleted, status") == [
        ("L0001", datetime(2026, 3, 5, 5, tzinfo=UTC), True, None)
    ]
    write(settings, f"leads_{NEXT}", lead(1, "2026-03-05T06:00:00Z"))
    night(settings, NEXT)
    assert counted(settings, NEXT) == ids(1, 2)  # restored an hour later


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        (DELETED.replace("_row,", "_row, 'new' as status,"), "columns status are no key of lead"),
        (DELETED.replace(", record->>'at' as updated_at", ""), "does not deliver updated_at"),
    ],
)
def test_a_delete_feed_delivers_the_key_and_the_time_and_no_more(
    tmp_path: Path, mapping: str, said: str
) -> None:
    settings = leads_of(tmp_path, mapping)
    write(settings, f"gone_{FIRST}", {"lead": "L0003", "at": "2026-03-04T05:00:00Z"})
    with pytest.raises(ConformError, match=rf"vendor/lead.deletes.sql: .*{said}"):
        taken(settings)


def taken(settings: Settings) -> list[InputBatch]:
    from throughline.source_folders import load_sources

    source = load_sources(settings)["vendor"]
    land_files(settings, source, "gone", FIRST)
    return [conform(settings, p) for p in find_parts(settings, source, "lead", FIRST)[0]]


SWEEP = {"weekday": "sunday"}
TABLE = {"way": "database", "connection": "crm", "table": "leads", "key": ["id"], "cursor": "at"}


@pytest.mark.parametrize(
    ("stream", "entity", "said"),
    [
        (TABLE, {"deletes": ["x"]}, r"entities.lead.deletes: there is no stream x"),
        (TABLE, {"deletes": ["main"]}, r"entities.lead: lead.deletes.sql is missing"),
        (TABLE, {"sweep": {"weekday": "sonntag"}}, r"entities.lead.sweep.weekday: Input should"),
        (TABLE | {"cursor": None}, {"sweep": SWEEP}, r"sweep: the stream comes whole each time"),
        (TABLE, {"sweep": SWEEP | {"keys": {"status": "1"}}}, r"sweep.keys: status is no key"),
        (TABLE | {"key": ["a", "b"]}, {"sweep": SWEEP}, r"sweep.keys: say how lead_id are made"),
        (TABLE, {"sweep": SWEEP | {"stream": "main"}}, r"sweep.stream: files need one"),
        (STREAM | {"path": "a_{date}"}, {"sweep": SWEEP}, r"sweep.stream: files need one"),
    ],
)
def test_a_sweep_or_feed_that_cannot_be_is_named(
    tmp_path: Path, stream: dict[str, Any], entity: dict[str, Any], said: str
) -> None:
    settings = case.make_settings(tmp_path)
    with pytest.raises(ConfigError, match=said):
        case.write_source(
            settings,
            "vendor",
            {"main": stream},
            {"lead": LEADS},
            {"lead": {"streams": ["main"], **entity}},
            domain="crm",
        )


def test_rows_of_events_cannot_be_deleted(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    with pytest.raises(ConfigError, match=r"entities.cdr: rows of this entity are never deleted"):
        case.write_source(
            settings, entities={"cdr": {"streams": ["calls"], "sweep": SWEEP | {"stream": "calls"}}}
        )
