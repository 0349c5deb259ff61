"""The HubSpot packs: as they are in the repository, against the API's shape and real tables."""

import csv
import os
import shutil
from collections import Counter
from pathlib import Path

import duckdb
import psycopg
import pytest
from pytest_httpserver import HTTPServer

import hubspot_case as hubspot
import ingest_case as case
from throughline.extract import extract_source
from throughline.landing import InputBatch, input_batches
from throughline.settings import Settings

PACKS = Path(__file__).parents[2] / "plugins" / "throughline" / "packs"
SEEDS = "fivetran_vendor_seeds/hubspot"


def data_folder() -> Path:
    given = os.environ.get("THROUGHLINE_REAL_DATA")
    return Path(given) if given else Path(__file__).parents[3] / "shared" / "data"


def installed(tmp_path: Path, pack: str, *changes: tuple[str, str]) -> Settings:
    settings = case.make_settings(tmp_path)
    folder = settings.sources_path[0] / pack
    shutil.copytree(PACKS / pack, folder)
    text = (folder / "source.yml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "source.yml").write_text(text, encoding="utf-8")
    return settings


def portal() -> hubspot.HubSpot:
    people = [
        hubspot.record(
            n, email=f"p{n}@example.com", firstname="P", lastname=str(n), lifecyclestage="lead"
        )
        for n in range(1, 246)
    ]
    people += [
        hubspot.record(901, lifecyclestage="subscriber", email="s@example.com"),
        hubspot.record(
            902,
            {"deals": [5001], "companies": [7001]},
            email="buyer@example.com",
            lifecyclestage="opportunity",
        ),
        hubspot.record(
            903, phone="+1 415 555 0132", lifecyclestage="lead", hs_lead_status="UNQUALIFIED"
        ),
        hubspot.record(904, lifecyclestage="salesqualifiedlead", email=None),  # names nobody
    ]
    firms = [
        hubspot.record(7001, name="Acme", domain="acme.example", numberofemployees="250"),
        hubspot.record(7002, name=None, domain="nameless.example"),
    ]
    deals = [
        hubspot.record(
            5001,
            {"companies": [7001], "contacts": [902]},
            amount="1200.50",
            deal_currency_code="EUR",
            dealstage="closedwon",
            closedate="2026-02-18T23:30:00Z",
            dealtype="newbusiness",
        ),
        hubspot.record(
            5002,
            {"companies": [7002]},
            dealstage="presentationscheduled",
            closedate="2026-06-30T00:00:00Z",
            dealtype="existingbusiness",
        ),
        hubspot.record(5003, {"companies": [7001]}, dealstage="a-stage-of-our-own"),
        hubspot.record(5004, dealstage="appointmentscheduled"),  # belongs to no company
    ]
    return hubspot.HubSpot({"contacts": people, "companies": firms, "deals": deals})


def night(
    settings: Settings, server: HTTPServer, api: hubspot.HubSpot, monkeypatch: pytest.MonkeyPatch
):
    for kind in ("contacts", "companies", "deals"):
        server.expect_request(f"/crm/v3/objects/{kind}").respond_with_handler(api.answer)
    url = f"http://:{hubspot.TOKEN}@127.0.0.1:{server.port}"
    monkeypatch.setenv("AIRFLOW_CONN_HUBSPOT", url)
    return extract_source(settings, "hubspot", case.NIGHT)


@pytest.fixture
def api_home(tmp_path: Path) -> Settings:
    local = ("    way: rest\n", "    way: rest\n    private_network: true\n")
    fast = ("per_second: 9", "per_second: 1000")
    return installed(tmp_path, "hubspot", local, fast)


def found_in(settings: Settings) -> dict[str, InputBatch]:
    return {batch.entity: batch for batch in input_batches(settings)}


def test_hubspot_api_brings_leads_contacts_accounts_and_opportunities(
    api_home: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = portal()
    api.busy = 2
    report = night(api_home, httpserver, api, monkeypatch)
    assert report.errors == ()
    # 249 contacts are three pages of at most 100; two calls were refused and came again.
    assert len([call for call in api.calls if "/contacts" in call]) == 5
    found = found_in(api_home)
    lead = found["lead"]
    assert (lead.rows_read, lead.rows, lead.rejected, lead.not_mapped) == (249, 248, 0, 1)
    statuses = Counter(row[0] for row in case.rows(lead.path, "status"))
    assert statuses == {"new": 245, "converted": 1, "invalid": 1, "valid": 1}
    contact = found["contact"]
    assert (contact.rows, contact.rejected, contact.reasons) == (248, 1, {"no_contact": 1})
    accounts = case.rows(found["account"].path, "account_id, name, employee_count")
    assert accounts == [("7001", "Acme", 250), ("7002", "nameless.example", None)]
    deal = found["opportunity"]
    assert deal.reasons == {"value:stage": 1, "missing:account_id": 1}
    columns = "opportunity_id, account_id, type, stage, amount::varchar, currency, is_won,"
    columns += " closed_at::varchar, expected_close::varchar, primary_contact_id"
    won_at = "2026-02-18 23:30:00+00"
    assert case.rows(deal.path, columns) == [
        ("5001", "7001", "new", "won", "1200.5000", "EUR", True, won_at, "2026-02-18", "902"),
        ("5002", "7002", "expansion", "demo", None, "USD", None, None, "2026-06-30", None),
    ]
    assert deal.status == "held"  # half of four rows broke the contract; the others pass
    assert {found[name].status for name in ("lead", "contact", "account")} == {"passed"}


def test_hubspot_wrong_token_is_told_in_hubspots_words_after_one_call_a_stream(
    api_home: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubspot, "TOKEN", "another")
    api = portal()
    for kind in api.objects:
        httpserver.expect_request(f"/crm/v3/objects/{kind}").respond_with_handler(api.answer)
    monkeypatch.setenv("AIRFLOW_CONN_HUBSPOT", f"http://:pat-wrong@127.0.0.1:{httpserver.port}")
    report = extract_source(api_home, "hubspot", case.NIGHT)
    assert len(report.errors) == len(api.calls) == 3
    assert all("401: Authentication credentials not found." in error for error in report.errors)
    assert "pat-wrong" not in str(report)


def test_hubspot_two_nights_agree_and_a_new_contact_is_one_row_more(
    api_home: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = portal()
    night(api_home, httpserver, api, monkeypatch)
    before = found_in(api_home)["account"]
    extract_source(api_home, "hubspot", case.NIGHT.replace(day=3))
    assert found_in(api_home)["account"].batch_id == before.batch_id
    api.objects["contacts"].append(hubspot.record(999, email="n@example.com"))
    extract_source(api_home, "hubspot", case.NIGHT.replace(day=4))
    assert found_in(api_home)["lead"].rows == 249


def load_seeds(url: str) -> None:
    """Put the seeds into PostgreSQL, in the types that DuckDB finds in them."""
    kinds = {"BIGINT": "bigint", "BOOLEAN": "boolean", "DOUBLE": "double precision"}
    kinds |= {"TIMESTAMP": "timestamp"}
    with psycopg.connect(url, autocommit=True) as connection, duckdb.connect() as reader:
        connection.execute("drop schema if exists hubspot cascade")
        connection.execute("create schema hubspot")
        for path in sorted((data_folder() / SEEDS).glob("*_data.csv")):
            name = path.stem.removesuffix("_data")
            read = reader.execute("select * from read_csv(?, header = true)", [str(path)])
            columns = [(c[0], kinds.get(str(c[1]), "text")) for c in read.description or []]
            told = ", ".join(f'"{column}" {kind}' for column, kind in columns)
            connection.execute(f'create table hubspot."{name}" ({told})')
            rows = read.fetchall()
            marks = ", ".join(["%s"] * len(columns))
            with connection.cursor() as cursor:
                cursor.executemany(f'insert into hubspot."{name}" values ({marks})', rows)


@pytest.mark.skipif(
    not (data_folder() / SEEDS).is_dir(),
    reason="the vendor's tables are not here; set THROUGHLINE_REAL_DATA to the data sets' folder",
)
def test_hubspot_real_tables_are_read_as_the_vendor_shapes_them(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_seeds(postgres_url)
    monkeypatch.setenv("AIRFLOW_CONN_HUBSPOT_TABLES", postgres_url)
    settings = installed(tmp_path, "hubspot_tables")
    report = extract_source(settings, "hubspot_tables", case.NIGHT)
    assert report.errors == ()

    def table(name: str) -> list[dict[str, str]]:
        with (data_folder() / SEEDS / f"{name}_data.csv").open(encoding="utf-8") as file:
            return list(csv.DictReader(file))

    people, deals = table("contact"), table("deal")
    found = found_in(settings)
    assert (found["lead"].rows, found["lead"].rejected) == (len(people), 0) == (22, 0)
    leads = case.rows(found["lead"].path, "lead_id, created_at::varchar")
    assert dict(leads) == {p["id"]: f"{p['property_createdate']}+00" for p in people}
    # The seeds' e-mail addresses are hashes and no addresses, so nobody can be written to.
    usable = sum("@" in person["property_email"] for person in people)
    assert (found["contact"].rows, found["contact"].rejected) == (usable, 22 - usable) == (0, 22)
    assert found["account"].rows == len(table("company")) == 24
    linked = {row["deal_id"] for row in table("deal_company")} & {d["deal_id"] for d in deals}
    deal = found["opportunity"]
    assert not linked and (deal.rows, deal.rejected) == (0, len(deals)) == (0, 44)
    assert deal.reasons == {"missing:account_id": 44, "missing:stage": 44}
