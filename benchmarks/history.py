"""A history of page views and product events as accepted batches, one per entity and day."""

import hashlib
import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import duckdb

from throughline.landing import set_verdict
from throughline.settings import Settings

SOURCE = "tracker"
NIGHT_ROWS = 550_000
ROWS_PER_VISITOR = 50

COMMON = """
    '{entity}-' || md5('{day}' || i) as event_id,
    timestamptz '{day} 00:00:00+08' + to_seconds(at_second) as event_time,
    timestamptz '{day} 00:00:00+08' + to_seconds(at_second + 1 + i % 5) as received_at,
    case when hash(who, 4) % 50 = 0 then 'SomeSpider/' else 'Mozilla/5.0 (build ' end
        || hash(who, 5) % 400 as ua,
    'ip-' || hash(who, 6) % 50000 as ip_hash,
"""
PAGEVIEW = """
    select {common}
        'v-' || who as anonymous_id,
        'https://www.example.com/page-' || hash(i, 7) % 60 as url,
        '/page-' || hash(i, 7) % 60 as url_path,
        case when i % 8 = 0 then 'https://www.search.example/q' end as referrer,
        case when hash(visit, 8) % 5 = 0 then 'baidu_sem' end as utm_source,
        'www' as site_id,
    from (
        select i, i // 8 as visit, hash({number}, i // 8) % {visitors} as who,
            cast(hash(i // 8, 2) % 84000 as integer) + i % 8 * 40 as at_second
        from range({rows}) as rows (i)
    )
"""
"""Visits of eight pages, forty seconds apart."""
APP_EVENT = """
    select {common}
        'track' as type,
        case when i % 18 < 6 then names[1 + i * 7 % len(names)] else own[1 + i % len(own)] end
            as event,
        'u-' || who as distinct_id,
        'u-' || who as login_id,
        'd-' || who as anonymous_id,
        'c-' || who % {companies} as company_id,
        'u-' || who as employee_id,
        case when i % 5 = 0 then (hash(i, 10) % 90000) / 1000 end as event_duration,
    from (
        select i, hash({number}, i // 18) % {visitors} as who,
            cast(hash(i // 18, 2) % 85000 as integer) + i % 18 * 35 as at_second
        from range({rows}) as rows (i)
    ), (
        select list(event order by event) as names
        from read_csv('{catalogue}') where business_line is null
    ), (
        select row_number() over (order by business_line) - 1 as line_no, list(event) as own
        from read_csv('{catalogue}') where business_line is not null group by business_line
    )
    where who % 5 = line_no
"""
"""A person's day in the product: eighteen events, two rows of `fct_user_day`."""


def put_day(settings: Settings, day: date, rows: int, history: int, catalogue: Path) -> None:
    """Commit one day of `rows` events, two fifths of them page views, into a home's input.

    `history` is the number of rows of the whole history: it sets how many visitors there are.
    """
    visitors = max(history // ROWS_PER_VISITOR // 2, 100)
    views = rows * 2 // 5
    given = {
        "day": day,
        "number": day.toordinal(),
        "visitors": visitors,
        "companies": max(visitors // 10, 5),
        "catalogue": catalogue,
    }
    for entity, sql, count in (
        ("pageview", PAGEVIEW, views),
        ("app_event", APP_EVENT, rows - views),
    ):
        common = COMMON.format(entity=entity, day=day)
        _put(settings, entity, day, sql.format(common=common, rows=count, **given), count)


def _put(settings: Settings, entity: str, day: date, select: str, count: int) -> None:
    at = datetime.combine(day + timedelta(days=1), time(18), UTC)
    batch_id = f"{SOURCE}.{entity}.{day}.{hashlib.sha256(select.encode()).hexdigest()[:12]}"
    folder = settings.input / entity / batch_id
    folder.mkdir(parents=True)
    path = folder / "accepted.parquet"
    with duckdb.connect(config={"threads": settings.warehouse.threads}) as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(
            f"copy (select *, '{SOURCE}' as _source, '{batch_id}' as _batch_id,"
            f" timestamptz '{at.isoformat()}' as _loaded_at, md5(event_id) as _row_hash"
            f" from ({select}) order by event_id)"
            f" to '{path}' (format parquet, compression zstd, compression_level 1)"
        )
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    manifest = {
        "batch_id": batch_id,
        "source": SOURCE,
        "domain": "product",
        "entity": entity,
        "window": day.isoformat(),
        "as_of": day.isoformat(),
        "extracted_at": at.isoformat(),
        "conformed_at": at.isoformat(),
        "landing": [],
        "undelivered": [],
        **dict.fromkeys(("rejected", "not_mapped"), 0),
        **dict.fromkeys(("rows_read", "accepted"), count),
        "warnings": {},
        "reasons": {},
        **dict.fromkeys(("min_date", "max_date"), day.isoformat()),
        "amount": None,
        "accepted_sha256": sha256,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    set_verdict(settings, batch_id, "passed", "benchmark", "generated")
