"""The HubSpot packs: as they are in the repository, against the API's shape and real tables."""

from collections import Counter
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

import hubspot_case as hubspot
import ingest_case as case
from pack_case import found_in, installed, load_seeds, needs_seeds, seed_rows
from throughline.extract import extract_source
from throughline.settings import Settings


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


SEEDED = ("contact", "company", "deal", "deal_company", "deal_contact", "deal_pipeline_stage")


@needs_seeds
def test_hubspot_real_tables_are_read_as_the_vendor_shapes_them(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_seeds(postgres_url, "hubspot", {name: f"hubspot/{name}" for name in SEEDED})
    monkeypatch.setenv("AIRFLOW_CONN_HUBSPOT_TABLES", postgres_url)
    settings = installed(tmp_path, "hubspot_tables")
    report = extract_source(settings, "hubspot_tables", case.NIGHT)
    assert report.errors == ()

    def table(name: str) -> list[dict[str, str]]:
        return seed_rows(f"hubspot/{name}")

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
