"""The Salesforce packs: against the API's shape over two nights, and on the vendor's tables."""

import re
from datetime import date, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from pytest_httpserver import HTTPServer

import ingest_case as case
import salesforce_case as salesforce
from pack_case import installed, load_seeds, needs_seeds, seed_rows, taken
from throughline.settings import Settings

D1, D2 = date(2026, 3, 1), date(2026, 3, 2)


def lead(number: str, status: str = "New", **given) -> dict:
    names = "Name Email Phone MobilePhone Company Title Industry NumberOfEmployees City LeadSource"
    empty = dict.fromkeys([*names.split(), "ConvertedOpportunityId", "OwnerId"])
    return salesforce.record(number, **{**empty, "Status": status, "IsConverted": False, **given})


def org() -> salesforce.Salesforce:
    person = {"Phone": None, "MobilePhone": None, "Title": None}
    deal = {"AccountId": "0011", "Type": "Renewal", "Amount": 1200.5, "OwnerId": "0051"}
    deal |= {"ContactId": "0031", "CloseDate": "2026-02-18"}
    firm = {"Website": None, "Industry": None, "NumberOfEmployees": 9, "BillingCity": None}
    won = {"StageName": "Closed Won", "IsClosed": True, "IsWon": True}
    stages = [("Prospecting", 10.0, False, False), ("Closed Won", 100.0, True, True)]
    moves = [
        ("0081", "Prospecting", "01"),
        ("0082", "Prospecting", "05"),
        ("0083", "Closed Won", "18"),
    ]
    return salesforce.Salesforce(
        {
            "Lead": [lead(f"00Q{number}") for number in range(5)],
            "Contact": [
                salesforce.record("0031", AccountId="0011", Name="A", Email="a@x.example", **person)
            ],
            "Account": [
                salesforce.record("0011", Name="Acme", ParentId=None, OwnerId=None, **firm)
            ],
            "Opportunity": [salesforce.record("0061", **deal, **won)],
            "OpportunityHistory": [
                {
                    "Id": number,
                    "OpportunityId": "0061",
                    "StageName": stage,
                    "CreatedById": "0051",
                    "CreatedDate": f"2026-02-{day}T09:00:00.000+0000",
                    "IsDeleted": False,
                }
                for number, stage, day in moves
            ],
            "OpportunityStage": [
                {
                    "Id": n,
                    "ApiName": n,
                    "DefaultProbability": p,
                    "IsClosed": closed,
                    "IsWon": is_won,
                }
                for n, p, closed, is_won in stages
            ],
        }
    )


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    local = ("    way: rest\n", "    way: rest\n    private_network: true\n")
    return installed(tmp_path, "salesforce", local, ("per_second: 5", "per_second: 1000"))


def connect(
    server: HTTPServer, api: salesforce.Salesforce, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.expect_request("/services/oauth2/token").respond_with_handler(api.token)
    server.expect_request(re.compile(f"{salesforce.ROOT}/query.*")).respond_with_handler(api.query)
    secret = f"{quote(salesforce.CLIENT)}:{quote(salesforce.SECRET)}"
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE", f"http://{secret}@127.0.0.1:{server.port}")


def test_salesforce_api_brings_what_changed_night_by_night(
    home: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = org()
    api.busy = 1
    connect(httpserver, api, monkeypatch)
    found, errors = taken(home, "salesforce", D1)
    assert errors == []
    counts = {name: (batch.rows, batch.rejected) for name, batch in found.items()}
    assert counts == {
        "lead": (5, 0), "contact": (1, 0), "account": (1, 0),
        "opportunity": (1, 0), "opp_stage_history": (2, 0),
    }  # fmt: skip
    # Five leads are three pages of two and three changes of a stage two, the others one each;
    # one call was refused.
    assert api.calls == 3 + 1 + 1 + 1 + 2 + 1 + 1
    assert "SystemModstamp >= 1970-01-01T00:00:00Z" in api.queries[0]
    deal = case.rows(found["opportunity"].path, "type, stage, amount::varchar, closed_at::varchar")
    assert deal == [("renewal", "won", "1200.5000", "2026-02-18 00:00:00+00")]

    api.objects["Lead"][1] |= {"IsDeleted": True, "SystemModstamp": "2026-03-02T03:00:00.000+0000"}
    api.objects["Lead"].append(lead("00Q9", "Unqualified", SystemModstamp="2026-03-02T04:00:00Z"))
    second = taken(home, "salesforce", D2)[0]["lead"]
    # The cursor goes back an hour behind the newest change of the first night, at ten.
    assert "SystemModstamp >= 2026-03-01T09:00:00Z" in api.queries[6]
    rows = case.rows(second.path, "lead_id, status, is_deleted")
    changed = [row for row in rows if row[0] in ("00Q1", "00Q9")]
    assert changed == [("00Q1", "new", True), ("00Q9", "invalid", False)]


def test_salesforce_that_gives_no_more_calls_today_is_told_in_its_words(
    home: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = org()
    api.exhausted = True
    connect(httpserver, api, monkeypatch)
    _, errors = taken(home, "salesforce", D1)
    assert len(errors) == api.calls == 6
    assert all("403: TotalRequests Limit exceeded." in error for error in errors)
    assert salesforce.SECRET not in str(errors) and salesforce.TOKEN not in str(errors)


def test_salesforce_wrong_secret_is_told_in_its_words(
    home: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = org()
    connect(httpserver, api, monkeypatch)
    monkeypatch.setattr(salesforce, "SECRET", "another")
    _, errors = taken(home, "salesforce", D1)
    assert len(errors) == 6 and api.calls == 0
    assert all("400: invalid client credentials" in error for error in errors)


SEEDED = ("lead", "contact", "account", "opportunity", "opportunity_history")


@needs_seeds
def test_salesforce_real_tables_are_read_as_the_vendor_shapes_them(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_seeds(postgres_url, "salesforce", {name: f"salesforce/sf_{name}" for name in SEEDED})
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_TABLES", postgres_url)
    settings = installed(tmp_path, "salesforce_tables")
    found, errors = taken(settings, "salesforce_tables", case.NIGHT)
    assert errors == []

    def table(name: str) -> list[dict[str, str]]:
        return seed_rows(f"salesforce/sf_{name}")

    # The one lead is converted into no opportunity.
    assert case.rows(found["lead"].path, "lead_id, status") == [("00Q1G00000nDnM5UAK", "valid")]
    people, deals = table("contact"), table("opportunity")
    nobody = [p for p in people if "@" not in p["email"] and not named_by_phone(p)]
    assert found["contact"].rejected == len(nobody)
    assert found["contact"].rows == len(people) - len(nobody)
    accounts = case.rows(found["account"].path, "account_id, is_deleted")
    kept = {
        a["id"]: a["is_deleted"] == "true" and not a["master_record_id"] for a in table("account")
    }
    assert dict(accounts) == kept
    opportunity = found["opportunity"]
    rows = case.rows(opportunity.path, "opportunity_id, stage, amount::double, closed_at")
    homeless = [deal for deal in deals if not deal["account_id"]]
    assert len(rows) == len(deals) - len(homeless) and opportunity.rejected == len(homeless)
    by_id = {deal["id"]: deal for deal in deals}
    for number, stage, amount, closed_at in rows:
        deal = by_id[number]
        assert (stage == "won") == (deal["is_won"] == "true")
        assert (closed_at is not None) == (deal["is_closed"] == "true")
        assert amount == (float(deal["amount"]) if deal["amount"] else None)
        created = datetime.fromisoformat(deal["created_date"])
        assert closed_at is None or closed_at.replace(tzinfo=None) >= created
    versions = table("opportunity_history")
    stays = case.rows(found["opp_stage_history"].path, "opportunity_id, exited_at")
    assert sorted(row[0] for row in stays) == sorted({row["id"] for row in versions})
    assert len(stays) == 10 and {row[1] for row in stays} == {None}


def named_by_phone(person: dict[str, str]) -> bool:
    digits = re.sub("[^0-9]", "", person["phone"] or person["mobile_phone"])
    return len(set(digits)) > 1
