"""Journeys written by hand, one person or company per hard case; all times are Shanghai's."""

from datetime import date, datetime
from decimal import Decimal

from journey_rows import LONG_AGO, Row, Story, at, on


def written_world() -> dict[str, list[Row]]:
    """Rows of every case."""
    story = Story()
    for write in (climbing, ties, silence, edges, coming_back, service, changing_jobs, unpaid,
                  late, weeks):  # fmt: skip
        write(story)
    return dict(story.rows)


def climbing(story: Story) -> None:
    """Person 1 of company 1 takes every step; person 2 of company 2 leaps and goes backward."""
    story.company(1, at("2020-03-01 09:00:00"), merged=True)
    story.person(1)
    story.contact(1, 1, at("2020-03-03 09:00:00"))
    story.visit("c1", at("2020-02-29 23:59:59"))
    story.visit("c1b", at("2020-03-05 10:00:00"))
    story.form(1, at("2020-03-02 00:00:00"), "c1", "register")
    story.lead(1, at("2020-03-04 09:00:00"), at("2020-03-04 15:00:00"))
    story.job(1, 1, at("2020-03-06 09:00:00"))
    story.use(1, "create_quote", at("2020-03-13 23:59:59"), 1, suffix="m")
    deal = story.deal(1, at("2020-03-20 10:00:00"), 1, suffix="m")
    story.contract(1, date(2020, 4, 1), 365, deal=deal)
    for day in ("2020-04-05", "2020-04-06", "2020-04-19", "2020-04-20", "2020-05-03"):
        story.use(1, "view_dashboard", at(f"{day} 23:59:59"), 1)
    story.contract(1, date(2020, 9, 1), 365, "crm", deal=deal, suffix="m")
    story.contract(1, date(2021, 1, 9), 365, "erp", kind="renewal", renewed_from="n0")

    story.company(2, None)
    story.person(2)
    story.contact(2, 2, at("2020-03-01 09:00:00"))
    story.contract(2, date(2020, 6, 1), 300, "erp", deal=story.deal(2, None, 2))
    story.deal(2, at("2020-07-01 10:00:00"), 2)
    story.visit("c2", at("2020-08-01 10:00:00"))
    story.lead(2, at("2020-09-01 10:00:00"), at("2020-09-02 10:00:00"))


def ties(story: Story) -> None:
    """Person 3: four stages within one second; person 4: the opportunity before the activation."""
    story.company(3, at("2020-03-01 00:00:00"))
    for person in (3, 4):
        story.person(person)
        story.contact(person, 3, LONG_AGO)
    same = at("2020-05-05 12:00:00")
    story.visit("c3", same)
    story.form(3, same, "c3", "register")
    story.call_in(3, same)
    story.use(3, "create_quote", same, None, "c3")
    story.deal(3, same, 3)
    story.job(4, 3, at("2020-03-01 00:00:00"))
    story.deal(3, at("2020-03-05 12:00:00"), 4)
    story.use(4, "create_quote", at("2020-03-08 23:59:59"), 3)
    # a second after the seven days of the person, and within the fourteen of the company
    story.person(5)
    story.job(5, 3, at("2020-03-01 00:00:00"))
    story.use(5, "create_quote", at("2020-03-09 00:00:00"), 3)


def silence(story: Story) -> None:
    """Persons 6 to 9 fall silent for 29, 30 and 31 days and a second around midnight."""
    for person, back in ((6, "2020-05-31 23:59:59"), (7, "2020-06-01 00:00:00"),
                         (8, "2020-06-01 00:00:01"), (9, "2020-05-30 12:00:00")):  # fmt: skip
        story.person(person)
        story.form(person, at("2020-04-30 09:00:00"), f"c{person}", "register")
        story.use(person, "approve_order", at("2020-05-01 23:59:59"), None)
        story.use(person, "view_dashboard", at(back), None)
    # active without ever having been anything: nothing to close until there is a stage
    story.person(10)
    story.use(10, "view_dashboard", at("2020-04-01 12:00:00"), None)
    story.use(10, "view_dashboard", at("2020-07-01 12:00:00"), None)
    story.visit("c10", at("2020-07-01 12:00:00"))


def edges(story: Story) -> None:
    """Person 17 has a deal at the very moment of the churn, 18 a visit at that of the return."""
    story.company(18, None)
    story.contact(17, None, LONG_AGO)
    story.deal(18, at("2020-05-31 00:00:00"), 17)
    story.visit("c18", at("2020-06-20 12:00:00"))
    for person in (17, 18):
        story.person(person)
        story.form(person, at("2020-04-30 09:00:00"), f"c{person}", "register")
        story.use(person, "approve_order", at("2020-05-01 12:00:00"), None)
        story.use(person, "view_dashboard", at("2020-06-20 12:00:00"), None)


def coming_back(story: Story) -> None:
    """Person 11 churns and returns twice, and buys, with things that happen while away."""
    story.company(4, at("2020-02-25 09:00:00"))
    story.person(11)
    story.job(11, 4, at("2020-02-26 09:00:00"))
    story.contact(11, 4, LONG_AGO)
    story.use(11, "create_quote", at("2020-02-27 12:00:00"), 4)
    deal = story.deal(4, at("2020-03-10 12:00:00"), 11)
    story.visit("c11", at("2020-04-10 12:00:00"))  # while churned, and never before
    story.use(11, "view_dashboard", at("2020-04-20 12:00:00"), 4)
    story.deal(4, at("2020-04-20 12:00:00"), 11)  # at the very moment of the return
    story.contract(4, date(2020, 5, 1), 60, "erp", deal=deal)
    story.contract(4, date(2020, 7, 15), 60, "erp", deal=deal)
    for day in ("2020-12-14", "2020-12-21", "2021-01-03", "2021-01-04", "2021-01-09"):
        story.use(11, "import_products", at(f"{day} 00:00:00"), 4)  # over ISO week 53
    story.contract(4, date(2020, 12, 1), 31, "erp", kind="renewal", deal=deal)
    story.contract(4, date(2021, 1, 1), 9, "erp", kind="renewal", deal=deal)


def service(story: Story) -> None:
    """Companies 5 to 8: service without a gap, one day of gap, overlaps, and what is no service."""
    for company in (5, 6, 7, 8):
        story.company(company, at("2020-02-25 09:00:00"))
    story.contract(5, date(2020, 3, 1), 31)
    story.contract(5, date(2020, 4, 1), 30, kind="renewal")
    story.contract(5, date(2020, 5, 2), 30, kind="renewal")  # 1 May without service
    story.contract(6, date(2020, 3, 1), 100)
    story.contract(6, date(2020, 4, 1), 20, "crm")
    story.contract(6, date(2020, 6, 8), 216)  # the last day is as_of
    story.contract(7, date(2020, 3, 1), 300, canceled_at=at("2020-05-01 12:00:00"))
    story.contract(7, date(2020, 7, 1), 90, canceled_at=at("2020-08-01 12:00:00"),
                   service_end=date(2020, 7, 20))  # fmt: skip
    story.contract(7, date(2020, 9, 1), 100, unit_price=Decimal(0))
    story.contract(8, date(2020, 3, 1), 30, None)  # nothing recurring: never lost
    story.contract(8, date(2020, 6, 1), 30, "erp")
    story.contract(8, date(2020, 9, 1), 100, "erp", canceled_at=at("2021-02-01 12:00:00"),
                   service_end=date(2020, 10, 1))  # known in February only  # fmt: skip


def changing_jobs(story: Story) -> None:
    """Person 12 moves from company 9 to 10; visits between count for the next one."""
    story.company(9, at("2020-03-01 09:00:00"))
    story.company(10, at("2020-03-01 09:00:00"))
    story.company(11, None, merged=True)
    story.person(12)
    story.job(12, 9, at("2020-03-05 09:00:00"), at("2020-05-05 09:00:00"))
    story.job(12, 10, at("2020-07-05 09:00:00"))
    story.visit("c12", at("2020-05-05 08:59:59"))
    story.visit("c12b", at("2020-05-05 09:00:00"))
    story.call_in(12, at("2020-06-05 09:00:00"))
    story.use(12, "create_quote", at("2020-05-04 09:00:00"), 9)
    story.use(12, "create_quote", at("2020-07-06 09:00:00"), 10)
    story.person(13)
    story.visit("c13", at("2020-05-05 09:00:00"))
    story.contact(13, 11, at("2021-02-01 09:00:00"))  # after as_of: not theirs yet
    story.person(14)
    story.visit("c14", at("2020-05-05 09:00:00"))
    story.contact(14, 11, at("2021-01-09 23:59:59"))


def unpaid(story: Story) -> None:
    """Company 12: an amendment, a gift, and contracts cancelled within and after seven days."""
    story.company(12, None)
    story.contract(12, date(2020, 3, 1), 30, kind="amend", amends_contract_id="n0")
    story.contract(12, date(2020, 4, 1), 30, amount=Decimal(0))
    story.contract(12, date(2020, 5, 1), 30, cancelled_at=at("2020-05-08 23:59:59"))
    story.contract(12, date(2020, 6, 1), 30, cancelled_at=at("2020-06-09 00:00:00"))
    story.company(13, None)
    story.contract(13, date(2021, 1, 5), 90, cancelled_at=at("2021-01-10 00:00:00"))
    story.company(14, None)
    story.contract(14, date(2021, 1, 8), 90, signed_date=date(2021, 1, 10))
    story.company(15, None)
    story.contract(15, date(2020, 3, 1), 30, "erp", amount=Decimal(0))
    story.contract(15, date(2020, 4, 10), 90, None)
    story.contract(15, date(2020, 4, 15), 30, "erp", kind="amend", amends_contract_id="n0")


def late(story: Story) -> None:
    """Persons 15 and 16 act in the last and in the first second around as_of."""
    ends: dict[int, datetime] = {15: on(date(2021, 1, 9), "23:59:59"),
                                 16: on(date(2021, 1, 10), "00:00:00")}  # fmt: skip
    for person, when in ends.items():
        story.person(person)
        story.form(person, at("2020-12-09 12:00:00"), f"c{person}", "register")
        story.use(person, "create_quote", at("2020-12-10 12:00:00"), None)
        story.use(person, "create_quote", when, None)


def weeks(story: Story) -> None:
    """Companies 16 and 17 are active in four weeks: before they pay, and while they are lost."""
    for company, person in ((16, 19), (17, 20)):
        story.company(company, at("2020-02-25 09:00:00"))
        story.person(person)
        story.job(person, company, at("2020-02-25 09:00:00"))
        for day in ("2020-03-04", "2020-03-11", "2020-03-18", "2020-03-25", "2020-04-08"):
            story.use(person, "view_dashboard", at(f"{day} 12:00:00"), company)
    story.contract(16, date(2020, 3, 12), 200)
    story.contract(17, date(2020, 2, 26), 10)
    story.contract(17, date(2020, 3, 20), 200)
