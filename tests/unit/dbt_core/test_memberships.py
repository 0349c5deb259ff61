"""The company that a person is in at any hour, against the evidence of that hour (rule 5)."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from random import Random

import pytest

from compiled_case import Compiled
from warehouse_case import Row, fetch

AS_OF = date(2024, 6, 30)
HOURS = range(12)
COMPANIES = (0, 1, 2)
Evidence = tuple[int, datetime, datetime | None, str]


@pytest.fixture(scope="module")
def memberships(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """The memberships, and all that they read."""
    folder = tmp_path_factory.mktemp("memberships") / "case"
    folder.mkdir()
    return Compiled.on_no_rows(folder, AS_OF, "bridge_person_company")


def hour(number: int) -> datetime:
    """An hour of the one day that all of this happens on."""
    return datetime(2024, 3, 1, number, tzinfo=UTC)


def contact(number: int, phone: str, company: int, created: int) -> Row:
    """A contact of a company's account."""
    return {"contact_id": f"k{number}", "account_id": f"a{company}", "phone_hash": phone,
            "created_at": hour(created)}  # fmt: skip


def world(rows: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Rows with the three companies that they name."""
    accounts = [{"account_id": f"a{n}", "name": f"N{n}", "domain": f"d{n}.com"} for n in COMPANIES]
    tenants = [{"company_id": f"t{n}", "name": f"N{n}", "account_id": f"a{n}",
                "created_at": hour(0)} for n in COMPANIES]  # fmt: skip
    return {**rows, "account": accounts, "company_account": tenants}


def drawn(draw: Random) -> tuple[dict[str, list[Row]], dict[str, list[Evidence]]]:
    """Rows of three persons, who come and go and come back, and what they say of each."""
    rows: dict[str, list[Row]] = defaultdict(list)
    evidence: dict[str, list[Evidence]] = defaultdict(list)
    for number in range(draw.randint(5, 25)):
        who, company, start = draw.randrange(3), draw.choice(COMPANIES), draw.randrange(10)
        kind = draw.choice(["job", "contact", "lead", "lead"])
        phone, named, end = f"p{who}", f"t:t{company}", None
        if kind == "job":
            phone, end = f"u{who}", draw.choice([None, start, start + 1, start + 2])
            rows["employee_account"].append({
                "company_id": f"t{company}", "employee_id": f"e{number}", "login_id": phone,
                "opened_at": hour(start), "closed_at": None if end is None else hour(end),
            })  # fmt: skip
        elif kind == "contact":
            rows["contact"].append(contact(number, phone, company, start))
        else:
            rows["lead"].append({
                "lead_id": f"l{number}", "phone_hash": phone, "created_at": hour(start),
                "status": "new", "email_domain": f"d{company}.com",
            })  # fmt: skip
        rank = ("job", "contact", "lead").index(kind)
        evidence[phone].append((rank, hour(start), None if end is None else hour(end), named))
    return world(rows), evidence


def company_at(evidence: list[Evidence], when: datetime) -> str | None:
    """The best evidence that holds decides; of equal ones the newest, then the smallest company."""
    holds = [
        (rank, -start.timestamp(), company)
        for rank, start, end, company in evidence
        if start <= when and (end is None or when < end)
    ]
    return min(holds)[2] if holds else None


def found_at(memberships: Compiled, phone: str) -> Iterator[tuple[datetime, str | None]]:
    """The company that the bridge names at every hour."""
    periods = fetch(
        memberships.con,
        "select bridge.* from core.bridge_person_company as bridge"
        f" join core.map_identity as map using (person_id) where map.id_value = '{phone}'",
    )
    for number in HOURS:
        when = hour(number)
        named = [
            period["company_id"] for period in periods
            if period["valid_from"] <= when
            and (period["valid_to"] is None or when < period["valid_to"])
        ]  # fmt: skip
        assert len(named) <= 1
        yield when, named[0] if named else None


def test_a_person_who_comes_back_is_in_the_company_of_then(memberships: Compiled) -> None:
    contacts = [contact(n, "p", company, 2 * n) for n, company in enumerate((0, 1, 0))]
    memberships.build(world({"contact": contacts}), AS_OF)
    named = [company for _, company in found_at(memberships, "p")]
    assert named == ["t:t0"] * 2 + ["t:t1"] * 2 + ["t:t0"] * 8


@pytest.mark.parametrize("seed", range(12))
def test_the_best_and_newest_evidence_names_the_company(memberships: Compiled, seed: int) -> None:
    rows, evidence = drawn(Random(seed))
    memberships.build(rows, AS_OF)
    for phone, own in evidence.items():
        for when, company in found_at(memberships, phone):
            assert company == company_at(own, when), (phone, when)
