"""Input rows of the sales tests: staff, contracts of several lines, cash, targets, deals, calls."""

import random
from datetime import date, timedelta
from decimal import Decimal

from payment_rows import LINES, Book, Row, day, instant

OWNERS = ("o1", "o2", "o3", "o4")
KINDS = ("new", "renewal", "expansion", "amend")


def staff() -> list[Row]:
    """Return four owners; o2 changes its team in the middle of March 2025."""
    return [
        {"owner_id": "o1", "valid_from": day("2020-01-01"), "team": "north", "role": "sales"},
        {
            "owner_id": "o2",
            "valid_from": day("2020-01-01"),
            "valid_to": day("2025-03-14"),
            "team": "north",
            "role": "sales",
        },
        {"owner_id": "o2", "valid_from": day("2025-03-15"), "team": "south", "role": "sales"},
        {"owner_id": "o3", "valid_from": day("2020-01-01"), "team": "south", "role": "sales"},
    ]


def targets(rng: random.Random) -> list[Row]:
    """Return targets by line, some 0, some missing, some with an explicit ALL row."""
    rows = []
    for owner in OWNERS[:3]:
        for month in range(1, 13):
            for line in LINES[:3]:
                if rng.random() < 0.8:
                    rows.append(target(owner, month, line, rng.choice(["0", "1000", "2500.50"])))
            if rng.random() < 0.2:
                rows.append(target(owner, month, "ALL", "9000"))
    return rows


def target(owner: str, month: int, product: str, amount: str) -> Row:
    """Return one target of 2025."""
    return {
        "owner_id": owner,
        "month": date(2025, month, 1),
        "product": product,
        "target": Decimal(amount),
        "currency": "CNY",
    }


def random_contracts(book: Book, rng: random.Random) -> None:
    """Write 120 contracts of 2025 with none to three items, some cancelled, some in dollars."""
    for number in range(120):
        signed = date(2025, 1, 1) + timedelta(days=rng.randrange(365))
        contract, kind = f"s{number}", rng.choice(KINDS)
        amount = Decimal(rng.randrange(-500_00 if kind == "amend" else 0, 9000_00)) / 100
        cancel = rng.choice([None, None, None, 0, 7, 8, 40])
        book.rows["contract"].append(
            {
                "contract_id": contract,
                "account_id": f"r{rng.randrange(40)}",
                "kind": kind,
                "signed_date": signed,
                "start_date": signed,
                "end_date": signed + timedelta(days=rng.choice([29, 364, 729])),
                "amount": amount,
                "currency": rng.choice(["CNY", "CNY", "USD"]),
                "list_amount": rng.choice([None, amount + 100, amount - 50]),
                "amends_contract_id": f"s{rng.randrange(number)}"
                if kind == "amend" and number
                else None,
                "renewed_from": "s0" if kind == "renewal" else None,
                "cancelled_at": None
                if cancel is None
                else instant(signed + timedelta(days=cancel)),
                "owner_id": rng.choice([*OWNERS, None]),
            }
        )
        for line in rng.sample(LINES, rng.choice([0, 1, 1, 2, 3])):
            book.rows["subscription_item"].append(
                {
                    "item_id": f"{contract}-{line}",
                    "contract_id": contract,
                    "business_line": line,
                    "seats": rng.choice([0, 1, 5, 10]),
                    "unit_price": Decimal(rng.choice([0, 20, 75])),
                    "currency": "CNY",
                    "recurring": False,
                    "period": "month",
                    "start": signed,
                    "end": signed + timedelta(days=29),
                }
            )


def random_cash(book: Book, rng: random.Random) -> None:
    """Write payments and refunds of the random contracts, at midnight and a second before it."""
    for number in range(150):
        paid = date(2025, 1, 1) + timedelta(days=rng.randrange(365))
        row = {
            "contract_id": f"s{rng.randrange(120)}",
            "amount": Decimal(rng.randrange(1, 5000)),
            "currency": rng.choice(["CNY", "USD"]),
        }
        # 16:00 UTC is midnight in Shanghai, 15:59:59 the last second of the day before
        at = instant(paid, 16) - timedelta(seconds=number % 2)
        if number % 5:
            book.rows["payment"].append({**row, "payment_id": f"p{number}", "paid_at": at})
        else:
            book.rows["refund"].append({**row, "refund_id": f"p{number}", "refunded_at": at})


def random_deals(book: Book, rng: random.Random) -> None:
    """Write 150 opportunities of 2025: open, won and lost, with and without a lead or an owner."""
    for number in range(150):
        created = instant(
            date(2025, 1, 1) + timedelta(days=rng.randrange(365)), rng.choice([3, 17])
        )
        outcome = rng.choice(["won", "lost", "lost", "open"]) if created.month < 9 else "won"
        closed = None if outcome == "open" else created + timedelta(days=rng.randrange(60), hours=2)
        book.rows["lead"].append(
            {
                "lead_id": f"l{number}",
                "created_at": created - timedelta(days=rng.randrange(50)),
                "status": "working",
                "phone_hash": f"phone{number}",
            }
        )
        book.rows["opportunity"].append(
            {
                "opportunity_id": f"d{number}",
                "account_id": f"r{rng.randrange(40)}",
                "type": "new",
                "business_line": rng.choice(LINES),
                "created_at": created,
                "accepted_at": rng.choice([None, created + timedelta(hours=1)]),
                "stage": "discovery" if outcome == "open" else outcome,
                "amount": Decimal(rng.randrange(0, 20000)),
                "currency": "CNY",
                "closed_at": closed,
                "is_won": None if outcome == "open" else outcome == "won",
                "owner_id": rng.choice([*OWNERS, None]),
                "lead_id": rng.choice([None, f"l{number}"]),
            }
        )


def random_calls(book: Book, rng: random.Random) -> None:
    """Write 300 calls of 2025, in and out, some answered for 29, 30 or 31 seconds."""
    for number in range(300):
        start = instant(date(2025, 1, 1) + timedelta(days=rng.randrange(365)), rng.choice([3, 16]))
        seconds = rng.choice([None, 29, 30, 31])
        book.rows["cdr"].append(
            {
                "call_id": f"call{number}",
                "direction": rng.choice(["out", "out", "in"]),
                "start_at": start,
                "agent_id": rng.choice([*OWNERS, "stranger"]),
                "outcome": "no_answer" if seconds is None else "answered",
                "answer_at": None if seconds is None else start,
                "end_at": None if seconds is None else start + timedelta(seconds=seconds),
                "talk_seconds": seconds,
            }
        )
