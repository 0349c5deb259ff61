"""Input rows of the opportunity tests: scripted deals, one per hard case, and random ones."""

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

AS_OF = date(2026, 3, 31)
OPEN_STAGES = ("discovery", "demo", "proposal", "negotiation")
Row = dict[str, Any]


def at(text: str) -> datetime:
    """Read an instant of Shanghai: `2026-01-31 23:59:59`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) - timedelta(hours=8)


class Deals:
    """Collects opportunities with their stage history."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = defaultdict(list)

    def account(self, account: str) -> None:
        """Add an account."""
        self.rows["account"].append({"account_id": account, "name": account})

    def add(self, deal: str, account: str, path: list[tuple[str, str]], **more: Any) -> None:
        """Add an opportunity by the instants at which it entered its stages, the last one current.

        A path that ends in won or lost closes the opportunity.
        """
        stage, entered = path[-1]
        closed = at(entered) if stage in ("won", "lost") else None
        self.rows["opportunity"].append(
            {
                "opportunity_id": deal,
                "account_id": account,
                "type": "new",
                "business_line": "erp",
                "created_at": at(path[0][1]),
                "accepted_at": at(path[0][1]),
                "stage": stage,
                "amount": Decimal(1000),
                "currency": "CNY",
                "closed_at": closed,
                "is_won": None if closed is None else stage == "won",
                "owner_id": "o1",
                **more,
            }
        )
        for number, (name, start) in enumerate(path):
            end = at(path[number + 1][1]) if number + 1 < len(path) else None
            self.rows["opp_stage_history"].append(
                {
                    "opportunity_id": deal,
                    "entered_at": at(start),
                    "stage": name,
                    "exited_at": None if name in ("won", "lost") and end is None else end,
                }
            )


def scripted_deals(deals: Deals) -> None:
    """Write one deal per hard case."""
    for account in ("calm", "reopened", "back", "midnight", "sameday", "future", "fresh"):
        deals.account(account)
    deals.add("open", "calm", [("discovery", "2026-03-01 10:00:00")], lead_id="lead1")
    deals.add(
        "won",
        "calm",
        [
            ("discovery", "2026-01-05 09:00:00"),
            ("proposal", "2026-01-20 09:00:00"),
            ("won", "2026-02-04 09:00:00"),
        ],
        lead_id="lead1",
    )
    # lost in January, alive again in March under its own id
    deals.add(
        "reopened",
        "reopened",
        [
            ("discovery", "2026-01-02 09:00:00"),
            ("lost", "2026-01-12 09:00:00"),
            ("discovery", "2026-03-10 09:00:00"),
        ],
    )
    # a regression: demo, proposal, demo again
    deals.add(
        "back",
        "back",
        [
            ("demo", "2026-02-01 09:00:00"),
            ("proposal", "2026-02-11 09:00:00"),
            ("demo", "2026-02-21 09:00:00"),
        ],
    )
    # a second before and at midnight in Shanghai are different days
    deals.add(
        "before",
        "midnight",
        [
            ("discovery", "2026-03-04 23:59:59"),
            ("demo", "2026-03-05 00:00:00"),
        ],
    )
    deals.add(
        "sameday",
        "sameday",
        [
            ("discovery", "2026-03-20 09:00:00"),
            ("demo", "2026-03-20 18:00:00"),
            ("lost", "2026-03-20 19:00:00"),
        ],
        lost_reason="price",
    )
    # closed in April: at the end of March nobody knows
    deals.add(
        "future",
        "future",
        [
            ("negotiation", "2026-03-01 09:00:00"),
            ("won", "2026-04-02 09:00:00"),
        ],
    )
    deals.add("fresh", "fresh", [("discovery", "2026-03-31 23:59:59")], owner_id=None)
    deals.rows["lead"].append(
        {
            "lead_id": "lead1",
            "created_at": at("2025-12-31 23:30:00"),
            "status": "working",
        }
    )


def random_deals(deals: Deals, rng: random.Random) -> None:
    """Write 250 deals of two and a half years with regressions, pauses and forgotten exits."""
    for number in range(40):
        deals.account(f"r{number}")
    for number in range(250):
        now = at("2023-10-01 00:00:00") + timedelta(hours=rng.randrange(24 * 900))
        path = []
        for _ in range(rng.randint(1, 5)):
            path.append((rng.choice(OPEN_STAGES), shanghai(now)))
            now += timedelta(hours=rng.choice([1, 24, 7 * 24, 8 * 24, 31 * 24, 95 * 24]))
        if rng.random() < 0.7:
            path.append((rng.choice(["won", "lost"]), shanghai(now)))
        path = [step for step in path if step[1] < "2026-04-10"] or path[:1]
        deals.add(
            f"d{number}",
            f"r{rng.randrange(40)}",
            path,
            owner_id=rng.choice(["o1", "o2", None]),
            amount=Decimal(rng.randrange(0, 90000)),
            business_line=rng.choice(["erp", "bi"]),
        )
    for row in deals.rows["opp_stage_history"]:
        if row["opportunity_id"].startswith("d") and rng.random() < 0.05:
            row["exited_at"] = None


def shanghai(instant: datetime) -> str:
    """Write an instant as it is read in Shanghai."""
    return f"{instant + timedelta(hours=8):%Y-%m-%d %H:%M:%S}"


def callbacks(deals: Deals, rng: random.Random) -> None:
    """Write contacts with a lead each, and 400 calls to those leads."""
    for number in range(40):
        phone = f"hmac-phone-{number}"
        deals.rows["contact"].append(
            {
                "contact_id": f"k{number}",
                "account_id": f"r{number}",
                "phone_hash": phone,
                "created_at": at("2023-01-01 00:00:00"),
                "role": rng.choice(["buyer", "user", None]),
            }
        )
    for number in range(400):
        start = at("2025-10-01 00:00:00") + timedelta(hours=rng.randrange(24 * 182))
        seconds = rng.choice([10, 30, 200])
        answered = rng.random() < 0.7
        direction = rng.choice(["out", "out", "in"])
        phone = f"hmac-phone-{rng.randrange(40)}"
        deals.rows["cdr"].append(
            {
                "call_id": f"c{number}",
                "direction": direction,
                "start_at": start,
                "agent_id": "o1",
                "outcome": "answered" if answered else "no_answer",
                ("callee_hash" if direction == "out" else "caller_hash"): phone,
                "answer_at": start if answered else None,
                "talk_seconds": seconds if answered else None,
                "end_at": start + timedelta(seconds=seconds) if answered else None,
            }
        )
