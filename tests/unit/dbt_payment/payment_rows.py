"""Input rows of the payment tests: scripted companies, one per hard case, and random ones."""

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

AS_OF = date(2026, 2, 28)
LINES = ("erp", "mall", "scrm", "finance", "bi")
USD_RATES = {1: "7.1000", 2: "7.2500", 3: "6.9000"}
Row = dict[str, Any]


def day(text: str) -> date:
    """Read a date."""
    return date.fromisoformat(text)


def instant(on: date, hour: int = 4) -> datetime:
    """Return an instant of a business date: 04:00 UTC is noon in Shanghai."""
    return datetime(on.year, on.month, on.day, hour, tzinfo=UTC)


def usd_rate(on: date) -> Decimal:
    """Return the CNY rate of the US dollar that the rows carry for a day."""
    return Decimal(USD_RATES[on.month % 3 + 1])


class Book:
    """Collects accounts, contracts and items."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = defaultdict(list)

    def account(
        self,
        account: str,
        industry: str | None = "it",
        city: str | None = "sh",
        headcount: int | None = 50,
    ) -> None:
        """Add an account."""
        self.rows["account"].append(
            {
                "account_id": account,
                "name": account,
                "industry_l1": industry,
                "city": city,
                "employee_count": headcount,
            }
        )

    def item(self, account: str, line: str, start: str, end: str, price: str, **more: Any) -> str:
        """Add a contract with one item of one seat; return the contract."""
        contract = f"c-{account}-{len(self.rows['contract'])}"
        self.rows["contract"].append(
            {
                "contract_id": contract,
                "account_id": account,
                "kind": "new",
                "signed_date": day(start),
                "start_date": day(start),
                "end_date": day(end),
                "amount": Decimal(price),
                "currency": more.get("currency", "CNY"),
                "owner_id": "o1",
            }
        )
        self.rows["subscription_item"].append(
            {
                "item_id": f"i-{contract}",
                "contract_id": contract,
                "business_line": line,
                "seats": 1,
                "unit_price": Decimal(price),
                "currency": "CNY",
                "recurring": True,
                "period": "month",
                "start": day(start),
                "end": day(end),
                **more,
            }
        )
        return contract


def scripted_items(book: Book) -> None:
    """Write the MRR script: one account per movement."""
    far = "2027-12-31"
    accounts = (
        "annual",
        "upgrade",
        "downgrade",
        "lastday",
        "monthend",
        "linedrop",
        "lineadd",
        "midcancel",
        "lapse",
        "again",
        "freemonth",
        "dollar",
        "oneoff",
        "swap",
        "newchurn",
    )
    for account in accounts:
        book.account(account, industry=account if account in ("freemonth", "oneoff") else "it")
    book.item("annual", "erp", "2024-01-15", "2025-01-14", "2000", period="year")
    book.item("upgrade", "erp", "2024-01-10", "2024-03-20", "100")
    book.item("upgrade", "erp", "2024-03-21", far, "160")
    book.item("downgrade", "erp", "2024-01-10", "2024-03-20", "160")
    book.item("downgrade", "erp", "2024-03-21", far, "100")
    book.item("lastday", "erp", "2024-01-01", "2024-06-30", "100")
    book.item("monthend", "erp", "2024-01-31", "2024-02-29", "100")
    book.item("linedrop", "erp", "2024-01-01", far, "100")
    book.item("linedrop", "bi", "2024-01-01", "2024-05-15", "50")
    book.item("lineadd", "erp", "2024-01-01", far, "100")
    book.item("lineadd", "bi", "2024-04-02", far, "50")
    book.item(
        "midcancel",
        "erp",
        "2024-01-01",
        "2024-12-31",
        "100",
        canceled_at=instant(day("2024-04-10")),
        service_end=day("2024-04-30"),
    )
    book.item("lapse", "erp", "2024-01-01", "2024-06-15", "100")
    book.item("lapse", "erp", "2024-07-10", far, "100")
    book.item("again", "erp", "2024-01-05", "2024-01-31", "100")
    book.item("again", "mall", "2024-03-03", far, "80")
    book.item("freemonth", "erp", "2024-01-01", "2024-03-31", "100")
    book.item("freemonth", "erp", "2024-04-01", "2024-04-30", "0")
    book.item("freemonth", "erp", "2024-05-01", far, "100")
    book.item("dollar", "erp", "2024-02-10", far, "10", currency="USD")
    book.item("oneoff", "erp", "2024-01-01", "2024-12-31", "3660", recurring=False)
    book.item("swap", "erp", "2024-01-01", "2024-05-10", "100")
    book.item("swap", "bi", "2024-05-11", far, "150")
    book.item("newchurn", "erp", "2024-03-02", "2024-03-20", "100")


def published_example(book: Book) -> None:
    """Write ChartMogul's churn example: 1,000 at the start, 200 lost, 100 expanded."""
    for number in range(1, 10):
        account = f"mogul{number}"
        book.account(account, industry="mogul", city=None, headcount=None)
        price = "200" if number == 9 else "100"
        end = {1: "2024-05-20", 2: "2024-05-20", 9: "2024-05-20"}.get(number, "2027-12-31")
        book.item(account, "scrm", "2024-01-01", end, price)
    book.item("mogul2", "scrm", "2024-05-21", "2027-12-31", "200")
    book.item("mogul9", "scrm", "2024-05-21", "2027-12-31", "100")


def random_items(book: Book, rng: random.Random) -> None:
    """Write 40 accounts with one to five items each, overlapping and with gaps."""
    for number in range(40):
        account = f"r{number}"
        book.account(
            account,
            rng.choice(["it", "retail", None]),
            rng.choice(["sh", "bj", None]),
            rng.choice([None, 5, 19, 20, 99, 100, 499, 500]),
        )
        for _ in range(rng.randint(1, 5)):
            start = date(2024, 1, 1) + timedelta(days=rng.randrange(760))
            end = start + timedelta(days=rng.choice([27, 30, 59, 89, 180, 364, 365, 729]))
            more: Row = {
                "seats": rng.randint(0, 30),
                "period": rng.choice(["month", "year"]),
                "currency": rng.choice(["CNY", "CNY", "USD"]),
                "recurring": rng.random() < 0.9,
            }
            if rng.random() < 0.3:
                more["canceled_at"] = instant(min(end, start + timedelta(days=20)))
                if rng.random() < 0.7:
                    more["service_end"] = min(end, start + timedelta(days=rng.randrange(20, 70)))
            price = rng.choice(["0", "99.9900", "120", "33.3333"])
            book.item(account, rng.choice(LINES), str(start), str(end), price, **more)
