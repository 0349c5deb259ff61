# ruff: noqa: RUF001, RUF003
import hashlib
import hmac
import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ingest_case as case
from throughline.conform import conform, find_parts, pii, reconform
from throughline.conform.pii import pii_key
from throughline.errors import ConformError
from throughline.landing import input_batches, live_batches, set_verdict

JSON_STREAM = {"events": {"way": "files", "path": "{home}/drop/events.jsonl", "format": "jsonl"}}
KEY_ID_AND_HEX = r"[0-9a-f]{8}:[0-9a-f]{64}"


def mapped_lead(**columns: str) -> str:
    """Mapping of a lead: `columns` are SQL over the stream `events`, the required ones given."""
    given = {
        "lead_id": "record->>'id'",
        "created_at": "'2026-01-01T00:00:00Z'",
        "status": "'new'",
        **columns,
    }
    picked = ", ".join(f"{sql} as {name}" for name, sql in given.items())
    return f"select events._file, events._row, {picked} from events"


def take_leads(tmp_path: Path, records: list[object], mapping: str, **keys: object):
    config = case.make_settings(tmp_path)
    source = case.write_source(config, "crm", JSON_STREAM, {"lead": mapping}, domain="crm", **keys)
    lines = (record if isinstance(record, str) else json.dumps(record) for record in records)
    case.drop(config, "events.jsonl", "".join(f"{line}\n" for line in lines))
    return config, case.take(config, source)[0]


def reasons_of(batch) -> list[tuple[int, list[str]]]:
    return case.rows(batch.rejected_path, "_row, reasons")


def test_conform_counts_every_row_once(tmp_path: Path) -> None:
    records = [{"id": "a"}, {"id": None}, "{broken", {"id": "c", "skip": True}, {"id": "d"}]
    sql = mapped_lead() + " where coalesce(record->>'skip', '') <> 'true'"
    _, batch = take_leads(tmp_path, records, sql)
    assert (batch.rows_read, batch.rows, batch.rejected, batch.not_mapped) == (5, 2, 2, 1)
    assert reasons_of(batch) == [(2, ["missing:lead_id"]), (3, ["invalid_json"])]
    assert batch.reasons == {"invalid_json": 1, "missing:lead_id": 1}


def test_conform_keeps_all_reasons_of_a_row(tmp_path: Path) -> None:
    sql = mapped_lead(created_at="record->>'at'", status="record->>'status'")
    _, batch = take_leads(tmp_path, [{"id": "a", "at": "yesterday", "status": "odd"}], sql)
    assert reasons_of(batch) == [(1, ["type:created_at", "value:status"])]


def test_conform_rule_is_silent_where_its_field_is_already_wrong(tmp_path: Path) -> None:
    sql = mapped_lead(status="record->>'status'")
    records = [{"id": "a", "status": "converted"}, {"id": "b", "status": "Converted"}]
    _, batch = take_leads(tmp_path, records, sql)
    assert reasons_of(batch) == [(1, ["converted_without_opportunity"]), (2, ["value:status"])]


def test_conform_warning_counts_and_accepts(tmp_path: Path) -> None:
    config = case.make_settings(tmp_path)
    sql = "select a._file, a._row, id as account_id, id as name, code as uscc from a"
    stream = {"a": {"way": "files", "path": "{home}/drop/a.csv", "format": "csv"}}
    source = case.write_source(config, "crm", stream, {"account": sql}, domain="crm")
    case.drop(config, "a.csv", "id,code\n1,91350100M000100Y43\n2,nonsense\n")
    (batch,) = case.take(config, source)
    assert (batch.rows, batch.rejected, batch.warnings) == (2, 0, {"uscc_shape": 1})


def test_conform_unmapped_fields_are_null_of_their_type(tmp_path: Path) -> None:
    _, batch = take_leads(tmp_path, [{"id": "a"}], mapped_lead())
    names = "city, updated_at, is_test, phone_hash, typeof(updated_at), typeof(is_test)"
    assert case.rows(batch.path, names) == [
        (None, None, None, None, "TIMESTAMP WITH TIME ZONE", "BOOLEAN")
    ]


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        (mapped_lead(colour="'red'"), r"crm/lead\.sql: columns colour are not in contract lead"),
        (mapped_lead(city="town"), r"crm/lead\.sql .*\"town\".*stream events has record"),
        (
            "select events._file, events._row, 'a' as lead_id from events",
            r"does not deliver created_at, status",
        ),
        ("select 'a' as lead_id, now() as created_at, 'new' as status", r"deliver _file, _row"),
        (
            "select 'x' as _file, 1 as _row, 'a' as lead_id, now() as created_at, 'new' as status",
            r"1 rows carry no _file and _row of stream events",
        ),
        (mapped_lead(updated_at="1700000000000"), r"column updated_at: a BIGINT cannot become"),
        (
            "with others as (select record from events) "
            + mapped_lead(city="record->>'city'", status="record->>'status'")
            + " cross join others",
            r"Ambiguous reference to column name \"record\"",
        ),
    ],
)
def test_conform_names_what_a_mapping_does_wrong(tmp_path: Path, mapping: str, said: str) -> None:
    with pytest.raises(ConformError, match=said):
        take_leads(tmp_path, [{"id": "a"}], mapping)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("cast(record->>'phone' as bigint)", r"Conversion Error to INT64, of a cell that is not"),
        ("strptime(record->>'phone', '%Y')", r"Invalid Input Error, of a cell that is not shown"),
    ],
)
def test_conform_error_quotes_no_cell(tmp_path: Path, sql: str, said: str) -> None:
    with pytest.raises(ConformError, match=said) as refused:
        take_leads(tmp_path, [{"id": "a", "phone": "13800138000 x"}], mapped_lead(city=sql))
    assert "13800138000" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        # Asia/Shanghai is UTC+8: its midnight is 16:00 UTC of the day before.
        ("2026-01-02 00:00:00", "2026-01-01T16:00:00+00:00"),
        ("2026-01-01T23:59:59", "2026-01-01T15:59:59+00:00"),
        ("2026-01-02T00:00:00Z", "2026-01-02T00:00:00+00:00"),
        ("2026-01-02 00:00:00.5+05:30", "2026-01-01T18:30:00.500000+00:00"),
        ("2026-01-02T00:00:00-0330", "2026-01-02T03:30:00+00:00"),
        ("2026-01-02T00:00:00z", "2026-01-02T00:00:00+00:00"),
        ("2026-01-02T00:00Z", "2026-01-02T00:00:00+00:00"),
        ("2026-01-02 00:00:00.25 +0800", "2026-01-01T16:00:00.250000+00:00"),
        ("2026-01-02 00:00 -08", "2026-01-02T08:00:00+00:00"),
    ],
)
def test_conform_reads_instants_in_the_zone_of_the_source(
    tmp_path: Path, text: str, utc: str
) -> None:
    sql = mapped_lead(created_at="record->>'at'")
    _, batch = take_leads(tmp_path, [{"id": "a", "at": text}], sql)
    at = case.rows(batch.path, "created_at::varchar")[0][0]
    assert datetime.fromisoformat(at) == datetime.fromisoformat(utc)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02",
        "01/02/2026 10:00",
        "20260102T100000",
        "2026-02-30 10:00:00",
        "1767225600",
        "2026-01-02 10",
        "2026-01-02 10:00:00 CST",
        "infinity",
    ],
)
def test_conform_guesses_no_instant(tmp_path: Path, text: str) -> None:
    sql = mapped_lead(created_at="record->>'at'")
    _, batch = take_leads(tmp_path, [{"id": "a", "at": text}], sql)
    assert reasons_of(batch) == [(1, ["type:created_at"])]


def test_conform_rejects_local_times_that_a_clock_change_skips_or_repeats(tmp_path: Path) -> None:
    # New York, 2026: 02:00–03:00 of 8 March does not exist, 01:00–02:00 of 1 November is twice.
    times = [
        "2026-03-08 01:59:59",
        "2026-03-08 02:30:00",
        "2026-03-08 03:00:00",
        "2026-11-01 00:59:59",
        "2026-11-01 01:30:00",
        "2026-11-01 02:00:00",
        "2026-11-01 01:30:00-04:00",
    ]
    records = [{"id": str(number), "at": at} for number, at in enumerate(times)]
    sql = mapped_lead(created_at="record->>'at'")
    _, batch = take_leads(tmp_path, records, sql, timezone="America/New_York")
    assert reasons_of(batch) == [(2, ["type:created_at"]), (5, ["type:created_at"])]
    # EST is UTC-5, EDT UTC-4.
    assert case.rows(batch.path, "lead_id, created_at::varchar") == [
        ("0", "2026-03-08 06:59:59+00"),
        ("2", "2026-03-08 07:00:00+00"),
        ("3", "2026-11-01 04:59:59+00"),
        ("5", "2026-11-01 07:00:00+00"),
        ("6", "2026-11-01 05:30:00+00"),
    ]


def test_conform_ignores_the_zone_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THROUGHLINE_PII_KEY", "k")
    sql = mapped_lead(created_at="record->>'at'")
    found = []
    for number, zone in enumerate(["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Chatham"]):
        monkeypatch.setenv("TZ", zone)
        folder = tmp_path / str(number)
        folder.mkdir()
        _, batch = take_leads(folder, [{"id": "a", "at": "2026-01-02 00:00:00"}], sql)
        found += case.rows(batch.path, "created_at::varchar, _row_hash")
    assert len(set(found)) == 1
    assert found[0][0] == "2026-01-01 16:00:00+00"


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("9999-12-31 23:59:59Z", (date(2026, 3, 1), date.max)),
        ("0000-01-01 00:00:00Z", (date.min, date(2026, 3, 1))),
    ],
)
def test_conform_business_date_of_a_year_that_python_lacks_stops_nothing(
    tmp_path: Path, text: str, dates: tuple[date, date]
) -> None:
    # In Shanghai the end of 9999 is a day of the year 10000.
    config = case.make_settings(tmp_path)
    source = case.write_source(config)
    lines = (f"{at},in,13800138000,{at},missed" for at in (text, "2026-03-01 10:00:00"))
    case.drop(config, "calls_2026-03-01.csv", case.call_lines(*lines))
    (batch,) = case.take(config, source)
    assert (batch.rows, (batch.min_date, batch.max_date)) == (2, dates)


def test_conform_business_dates_follow_the_business_zone(tmp_path: Path) -> None:
    config = case.make_settings(tmp_path)
    source = case.write_source(config)
    case.drop(
        config,
        "calls_2026-03-01_2026-03-02.csv",
        case.call_lines(
            "1,in,13800138000,2026-03-01T15:59:59Z,missed",
            "2,in,13800138000,2026-03-01T16:00:00Z,missed",
        ),
    )
    (batch,) = case.take(config, source)
    assert (batch.min_date, batch.max_date) == (date(2026, 3, 1), date(2026, 3, 2))


NUMBERS = [
    ("12", True),
    ("-0", True),
    ("12.0", True),
    ("1e3", False),
    ("1,000", False),
    ("12.5", False),
    ("0x10", False),
    ("1_000", False),
    ("1" * 40, False),
    ("NaN", False),
    ("٣", False),
]


@pytest.mark.parametrize(("text", "good"), NUMBERS)
def test_conform_integers_are_strict(tmp_path: Path, text: str, good: bool) -> None:
    config = case.make_settings(tmp_path)
    sql = "select a._file, a._row, 'x' as account_id, 'x' as name, n as employee_count from a"
    stream = {"a": {"way": "files", "path": "{home}/drop/a.tsv", "format": "tsv"}}
    source = case.write_source(config, "crm", stream, {"account": sql}, domain="crm")
    case.drop(config, "a.tsv", f"id\tn\n1\t{text}\n")
    (batch,) = case.take(config, source)
    assert (batch.rows, batch.rejected) == ((1, 0) if good else (0, 1))


def spend(tmp_path: Path, *cells: str, currency: str = "CNY", day: str = "date"):
    config = case.make_settings(tmp_path)
    names = "account_id campaign_id adgroup_id keyword_id match_type device".split()
    parts = ", ".join(f"'x' as {name}" for name in names)
    sql = (
        f"select a._file, a._row, 'p' as platform, {parts}, {day} as date, '1' as impressions,"
        f" '1' as clicks, cost, '{currency}' as currency from a"
    )
    stream = {"a": {"way": "files", "path": "{home}/drop/a.csv", "format": "csv"}}
    source = case.write_source(config, "ads", stream, {"ad_spend_daily": sql}, domain="marketing")
    case.drop(config, "a.csv", "date,cost\n" + "".join(f"2026-03-01,{cell}\n" for cell in cells))
    return case.take(config, source)[0]


@pytest.mark.parametrize(
    ("day", "accepted"),
    [
        ("'2026-03-01'::date", 1),
        ("'2026-03-01'::timestamp", 1),
        ("'2026-03-01 01:00'::timestamp", 0),
        ("'infinity'::date", 0),
        ("'-infinity'::date", 0),
        ("'infinity'::timestamp", 0),
    ],
)
def test_conform_native_days_are_days_of_the_calendar(
    tmp_path: Path, day: str, accepted: int
) -> None:
    batch = spend(tmp_path, "1", day=day)
    assert (batch.rows, batch.rejected) == (accepted, 1 - accepted)


def test_conform_money_is_exact(tmp_path: Path) -> None:
    batch = spend(tmp_path, "0.1", "0.2", "12345678901234.5678")
    assert batch.amount == Decimal("12345678901234.8678")
    assert (batch.min_date, batch.max_date) == (date(2026, 3, 1), date(2026, 3, 1))


@pytest.mark.parametrize(
    "amount",
    [
        "record->>'cost'",
        "record->'cost'",
        "record->>'$.all[0]'",
        "json_extract_string(record, ['cost'])[1]",
        """from_json(record, '{"cost": "DECIMAL(18,4)"}').cost""",
    ],
)
@pytest.mark.parametrize("form", ["jsonl", "json"])
def test_conform_money_of_json_is_exact_where_a_double_is_not(
    tmp_path: Path, amount: str, form: str
) -> None:
    config = case.make_settings(tmp_path)
    stream = {"a": {"way": "files", "path": f"{{home}}/drop/a.{form}", "format": form}}
    sql = (
        f"select _file, _row, record->>'id' as payment_id, 'k1' as contract_id, {amount} as amount,"
        " 'CNY' as currency, '2026-03-01T10:00:00Z' as paid_at, paid_at as created_at from a"
    )
    source = case.write_source(config, "bank", stream, {"payment": sql}, domain="crm")
    costs = ["12345678901234.5678", "0.1000000000000000055", "98765432109876.5", "7"]
    records = [f'{{"id": "{cost}", "cost": {cost}, "all": [{cost}]}}' for cost in costs]
    lines = "\n".join(records) if form == "jsonl" else f"[{', '.join(records)}]"
    case.drop(config, f"a.{form}", f"{lines}\n")
    (batch,) = case.take(config, source)
    # As doubles they add up to 111111111011118.1680.
    assert (batch.rows, batch.amount) == (4, Decimal("111111111011118.1678"))
    assert case.rows(batch.path, "payment_id") == [(cost,) for cost in sorted(costs)]


@pytest.mark.parametrize("cell", ["NaN", "Infinity", "1e400", "1e2", '"1,000"', "9" * 40, "-1"])
def test_conform_money_refuses_what_is_not_an_amount(tmp_path: Path, cell: str) -> None:
    batch = spend(tmp_path, cell)
    assert (batch.rows, batch.rejected) == (0, 1)


def test_conform_rates_of_small_currencies_keep_ten_decimals(tmp_path: Path) -> None:
    config = case.make_settings(tmp_path)
    sql = "select a._file, a._row, date, currency, 'CNY' as base_currency, rate from a"
    stream = {"a": {"way": "files", "path": "{home}/drop/a.csv", "format": "csv"}}
    source = case.write_source(config, "bank", stream, {"fx_rate": sql}, domain="crm")
    rates = {"VND": "0.00028123", "IDR": "4.4e-4", "KWD": "23.3", "XXX": "1e-11", "YYY": "x"}
    lines = "".join(f"2026-03-01,{currency},{rate}\n" for currency, rate in rates.items())
    case.drop(config, "a.csv", "date,currency,rate\n" + lines)
    (batch,) = case.take(config, source)
    assert dict(case.rows(batch.path, "currency, rate")) == {
        "VND": Decimal("0.00028123"),
        "IDR": Decimal("0.00044"),
        "KWD": Decimal("23.3"),
    }
    assert batch.rejected == 2  # what is nothing in ten decimals is no rate


def test_conform_prices_of_what_is_paid_by_use_keep_ten_decimals(tmp_path: Path) -> None:
    config = case.make_settings(tmp_path)
    sql = (
        "select a._file, a._row, item as item_id, 'c1' as contract_id, 'api' as business_line,"
        " '1000' as seats, price as unit_price, 'USD' as currency, 'true' as recurring,"
        " 'month' as period, '2026-03-01' as start, '2026-03-31' as \"end\" from a"
    )
    stream = {"a": {"way": "files", "path": "{home}/drop/a.csv", "format": "csv"}}
    source = case.write_source(config, "bills", stream, {"subscription_item": sql}, domain="crm")
    prices = {"use": "0.000125", "float": "1.25e-7", "year": "950000000.50", "none": "x"}
    lines = "".join(f"{item},{price}\n" for item, price in prices.items())
    case.drop(config, "a.csv", "item,price\n" + lines)
    (batch,) = case.take(config, source)
    assert dict(case.rows(batch.path, "item_id, unit_price")) == {
        "use": Decimal("0.000125"),
        "float": Decimal("0.000000125"),
        "year": Decimal("950000000.5"),  # in a small currency
    }
    assert batch.reasons == {"type:unit_price": 1}


def test_conform_currency_is_three_capital_letters(tmp_path: Path) -> None:
    assert spend(tmp_path, "1", currency="rmb").reasons == {"value:currency": 1}


def test_conform_replaces_personal_data_by_the_hmac_that_python_computes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "THROUGHLINE_PII_KEY", "a key longer than the block of sixty-four bytes " * 2
    )
    records = [
        {
            "id": "a",
            "phone": "+86 138-0013-8000",
            "email": "Ann+news@Example.COM ",
            "name": " 王  芳 ",
        }
    ]
    sql = mapped_lead(**{name: f"record->>'{name}'" for name in ("phone", "email", "name")})
    config, batch = take_leads(tmp_path, records, sql)

    def expected(text: str) -> str:
        return hmac.new(pii_key(config), text.encode(), hashlib.sha256).hexdigest()

    (row,) = case.rows(batch.path, "phone_hash, email_hash, email_domain, name_hash")
    assert [cell.partition(":")[2] for cell in (row[0], row[1], row[3])] == [
        expected("+8613800138000"),
        expected("ann@example.com"),
        expected("王 芳"),
    ]
    assert row[2] == "example.com"


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("13800138000", "13800138000"),
        ("138 0013 8000", "13800138000"),
        ("+8613800138000", "13800138000"),
        ("0086-138-0013-8000", "13800138000"),
        ("013800138000", "13800138000"),
        ("8613800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("(+86)13800138000", "13800138000"),
        ("010-88886666", "+861088886666"),
        ("+86 10 8888 6666", "+861088886666"),
        ("001 312 345 6789", "+13123456789"),
        ("400-810-1234", "+864008101234"),
    ],
)
def test_conform_phone_formats_of_one_number_give_one_hash(
    tmp_path: Path, text: str, same_as: str
) -> None:
    records = [{"id": "a", "phone": text}, {"id": "b", "phone": same_as}]
    _, batch = take_leads(tmp_path, records, mapped_lead(phone="record->>'phone'"))
    (first,), (second,) = case.rows(batch.path, "phone_hash")
    assert first is not None and first == second


def test_conform_foreign_number_is_no_chinese_mobile(tmp_path: Path) -> None:
    records = [{"id": "a", "phone": "+1 312 345 6789"}, {"id": "b", "phone": "13123456789"}]
    _, batch = take_leads(tmp_path, records, mapped_lead(phone="record->>'phone'"))
    assert len({row[0] for row in case.rows(batch.path, "phone_hash")}) == 2


@pytest.mark.parametrize("text", ["无", "12345", "00000000000", "x", "13800138000 13900139000"])
def test_conform_unusable_phone_is_null(tmp_path: Path, text: str) -> None:
    _, batch = take_leads(
        tmp_path, [{"id": "a", "phone": text}], mapped_lead(phone="record->>'phone'")
    )
    assert case.rows(batch.path, "phone_hash") == [(None,)]


@pytest.mark.parametrize("text", ["ann", "@b.cn", "a@b", "a b@c.cn", "a@b..cn", "+x@b.cn"])
def test_conform_unusable_email_is_null(tmp_path: Path, text: str) -> None:
    _, batch = take_leads(
        tmp_path, [{"id": "a", "email": text}], mapped_lead(email="record->>'email'")
    )
    assert case.rows(batch.path, "email_hash, email_domain") == [(None, None)]


def test_conform_free_text_becomes_filled_or_not(tmp_path: Path) -> None:
    config = case.make_settings(tmp_path)
    sql = (
        "select events._file, events._row, record->>'id' as call_id,"
        " record->>'need' as e3_need from events"
    )
    source = case.write_source(config, "calls", JSON_STREAM, {"call_disposition": sql})
    texts = ["要报表导出", "无", " N/A ", "－", "", None]
    case.drop(
        config,
        "events.jsonl",
        "".join(json.dumps({"id": str(n), "need": text}) + "\n" for n, text in enumerate(texts)),
    )
    (batch,) = case.take(config, source)
    assert case.rows(batch.path, "e3_need_filled, e5_budget_filled") == [
        (True, None),
        (False, None),
        (False, None),
        (False, None),
        (False, None),
        (False, None),
    ]


def test_conform_identifier_that_is_a_phone_or_email_is_replaced(tmp_path: Path) -> None:
    config = case.make_settings(tmp_path)
    sql = (
        "select events._file, events._row, record->>'id' as company_id, 'x' as name,"
        " record->>'login' as creator_login_id, now() as created_at from events"
    )
    source = case.write_source(config, "app", JSON_STREAM, {"company_account": sql})
    logins = ["13800138000", "+86 138 0013 8000", "Ann@Example.com", "ann+news@example.com"]
    logins += ["user-42", "4821", "team+42"]
    case.drop(
        config,
        "events.jsonl",
        "".join(
            json.dumps({"id": str(n), "login": login}) + "\n" for n, login in enumerate(logins)
        ),
    )
    (batch,) = case.take(config, source)
    found = [row[0] for row in case.rows(batch.path, "creator_login_id")]
    assert found[0] == found[1] != found[2] == found[3]
    assert found[4:] == ["user-42", "4821", "team+42"]
    assert (
        case.rows(batch.path, f"regexp_full_match(creator_login_id, '{KEY_ID_AND_HEX}')")[:4]
        == [(True,)] * 4
    )


@pytest.mark.parametrize(
    ("kind", "typed", "is_shared"),
    [
        ("phone", "400-123-4567", True),
        ("phone", "+86 800 123 4567", True),
        ("phone", "138 0013 8000", False),
        ("phone", "0411-8123456", False),
        ("phone", "+1 400 123 4567", False),
        ("email", "Test@else.example", True),
        ("email", "no-reply@else.example", True),
        ("email", "tester@else.example", False),
    ],
)
def test_conform_marks_what_belongs_to_nobody(kind: str, typed: str, is_shared: bool) -> None:
    with duckdb.connect() as session:
        pii.define(session)
        pii.set_key(session, b"a key")
        sql = f"select pii_hash({kind}_of(?))"
        [hashed] = session.execute(sql, [typed]).fetchone()
    mark = "shared:" if is_shared else ""
    assert re.fullmatch(f"[0-9a-f]{{8}}:{mark}[0-9a-f]{{64}}", hashed)


def test_conform_identifier_behind_a_key_is_replaced_and_keeps_its_key(tmp_path: Path) -> None:
    config = case.make_settings(tmp_path)
    sql = (
        "select events._file, events._row, record->>'id' as company_id, 'x' as name,"
        " record->>'login' as creator_login_id, now() as created_at from events"
    )
    source = case.write_source(config, "app", JSON_STREAM, {"company_account": sql})
    plain = ["13800138000", "ann@example.com", "bob@example.com"]
    keyed = ["$identity_mobile+13800138000", "mobile+8613800138000", "phone++86 138 0013 8000"]
    keyed += ["$identity_email+ann@example.com", "$identity_email+bob@example.com"]
    records = [json.dumps({"id": str(n), "login": v}) for n, v in enumerate([*plain, *keyed])]
    case.drop(config, "events.jsonl", "\n".join(records) + "\n")
    (batch,) = case.take(config, source)
    phone, ann, bob, *found = [row[0] for row in case.rows(batch.path, "creator_login_id")]
    assert found == [
        f"$identity_mobile+{phone}", f"mobile+{phone}", f"phone+{phone}",
        f"$identity_email+{ann}", f"$identity_email+{bob}",
    ]  # fmt: skip


def test_conform_leaves_no_byte_of_personal_data_below_input(tmp_path: Path) -> None:
    canaries = ["13800138999", "canary@example.com", "Canary Zhang", "canary-raw-cell"]
    records = [
        {"id": "a", "phone": canaries[0], "email": canaries[1], "name": canaries[2]},
        {"id": "b", "phone": canaries[0], "email": canaries[1], "at": canaries[3]},
        '{"id": "canary-raw-cell", ',
    ]
    names = {name: f"record->>'{name}'" for name in ("phone", "email", "name")}
    sql = mapped_lead(updated_at="record->>'at'", **names)
    config, batch = take_leads(tmp_path, records, sql)
    set_verdict(config, batch.batch_id, "held", "gate", "too many rejects")
    assert (batch.rows, batch.rejected) == (1, 2)
    for path in config.input.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [word for word in canaries if word.encode() in content], path
    assert config.landing.stat().st_mode & 0o777 == 0o700
    assert (config.home / "secrets" / "pii.key").stat().st_mode & 0o777 == 0o600


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=8))
def test_conform_any_text_survives(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    records = [{"id": f"{n:03d}", "city": text} for n, text in enumerate(texts)]
    sql = mapped_lead(city="record->>'city'")
    _, batch = take_leads(tmp_path_factory.mktemp("text"), records, sql)
    found = dict(case.rows(batch.path, "lead_id, city"))
    for record in records:
        assert found[record["id"]] == record["city"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": "a", "city": "\\ud800"}', "invalid_json"),
        ('{"id": ' + "[" * 200 + "]" * 200 + "}", None),
        ('{"id": "a", "id": "b"}', "duplicate_json_key"),
        ("[1, 2]", "invalid_json"),
        ("null", "invalid_json"),
        ('"text"', "invalid_json"),
    ],
)
def test_conform_odd_json_is_rejected_and_stops_nothing(
    tmp_path: Path, line: str, reason: str | None
) -> None:
    _, batch = take_leads(tmp_path, [line, {"id": "good"}], mapped_lead())
    assert batch.rows_read == 2
    if reason:
        assert reasons_of(batch) == [(1, [reason])]
    assert ("good",) in case.rows(batch.path, "lead_id")


def test_conform_result_does_not_depend_on_the_order_of_arrival(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THROUGHLINE_PII_KEY", "k")
    records = [{"id": str(number % 7), "city": str(number)} for number in range(50)]
    sql = mapped_lead(city="record->>'city'")
    names = "* exclude (_batch_id, _loaded_at)"
    results = []
    for number, order in enumerate((records, records[::-1])):
        folder = tmp_path / str(number)
        folder.mkdir()
        results.append(case.rows(take_leads(folder, order, sql)[1].path, names))
    assert results[0] == results[1]


def test_conform_sees_lookups_and_constants(tmp_path: Path) -> None:
    config = case.make_settings(tmp_path)
    (config.sources_path[0] / "crm").mkdir()
    lookup = config.sources_path[0] / "crm" / "towns.csv"
    lookup.write_text("code,town\n1,Ürümqi\n", encoding="utf-8")
    sql = mapped_lead(city="towns.town", source_system="constants.system") + (
        " left join towns on towns.code = (record->>'code') cross join constants"
    )
    source = case.write_source(
        config,
        "crm",
        JSON_STREAM,
        {"lead": sql},
        domain="crm",
        lookups={"towns": "towns.csv"},
        constants={"system": "form"},
    )
    case.drop(config, "events.jsonl", '{"id": "a", "code": 1}\n')
    (first,) = case.take(config, source)
    assert case.rows(first.path, "city, source_system") == [("Ürümqi", "form")]
    lookup.write_text("code,town\n1,Turpan\n", encoding="utf-8")
    (second,) = case.take(config, source)
    assert second.batch_id != first.batch_id
    lookup.write_bytes("code,town\n1,吐鲁番\n".encode("gb18030"))
    with pytest.raises(ConformError, match=r"towns\.csv cannot be read: .*not utf-8"):
        case.take(config, source)


def test_reconform_replays_with_the_mapping_of_now_and_supersedes(tmp_path: Path) -> None:
    config, first = take_leads(tmp_path, [{"id": "a", "city": "x"}], mapped_lead())
    set_verdict(config, first.batch_id, "passed", "gate", "all passed")
    path = config.sources_path[0] / "crm" / "lead.sql"
    path.write_text(mapped_lead(city="record->>'city'"), encoding="utf-8")
    (second,) = reconform(config, "crm")
    assert (second.status, second.as_of) == ("landed", first.as_of)
    set_verdict(config, second.batch_id, "passed", "gate", "all passed")
    assert [b.batch_id for b in live_batches(config, case.NIGHT)] == [second.batch_id]
    path.write_text(mapped_lead(), encoding="utf-8")
    (third,) = reconform(config, "crm", "snapshot")
    assert third.batch_id == first.batch_id
    assert [b.batch_id for b in live_batches(config, case.NIGHT)] == [first.batch_id]
    assert len(input_batches(config)) == 2


def test_conform_same_parts_twice_is_one_batch(tmp_path: Path) -> None:
    config, first = take_leads(tmp_path, [{"id": "a"}], mapped_lead())
    from throughline.source_folders import load_sources

    (parts,), _ = find_parts(config, load_sources(config)["crm"], "lead", case.NIGHT)
    assert conform(config, parts) == first
    assert first.extracted_at.tzinfo is not None and first.extracted_at <= datetime.now(UTC)
