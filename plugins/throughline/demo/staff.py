"""The demo company's own staff, targets and exchange rates."""

from datetime import date, timedelta
from random import Random

from throughline.demo.channels import BUSINESS_LINES
from throughline.demo.ledger import Ledger
from throughline.demo.times import start_of

SALES = tuple(f"o-sales-{n:02d}" for n in range(1, 25))
SDR = tuple(f"o-sdr-{n:02d}" for n in range(1, 13))
SUCCESS = tuple(f"o-cs-{n:02d}" for n in range(1, 5))
MOVED = SALES[3]
FIRST_RATE = date(2024, 1, 1)


def staff(ledger: Ledger, start: date) -> None:
    """Everybody is there from the first day; one salesperson changes team after sixty days."""
    second = start_of(start.toordinal())
    for role, people in (("sales", SALES), ("sdr", SDR), ("cs", SUCCESS)):
        for index, owner_id in enumerate(people):
            row = _owner(owner_id, role, f"{role}-{'east' if index % 2 else 'west'}", FIRST_RATE)
            ledger.save("owners", second, row)
            if owner_id == MOVED:
                _move(ledger, row, start + timedelta(days=60))


def _owner(owner_id: str, role: str, team: str, valid_from: date) -> dict:
    lead = {"sales": SALES[0], "sdr": SDR[0], "cs": SUCCESS[0]}[role]
    return {
        "owner_id": owner_id, "valid_from": valid_from, "valid_to": None, "team": team,
        "role": role, "manager_id": None if owner_id == lead else lead,
        "email": f"{owner_id}@throughline.example", "employee_id": f"staff-{owner_id[2:]}",
    }  # fmt: skip


def _move(ledger: Ledger, row: dict, day: date) -> None:
    second = start_of(day.toordinal()) + 3600
    ledger.save("owners", second, {**row, "valid_to": day - timedelta(days=1)})
    ledger.save("owners", second, _owner(MOVED, "sales", "sales-key", day) | {"created_at": second})


def rates(rng: Random, ledger: Ledger, day: date) -> None:
    """Units of CNY for one USD and one EUR; a slow wave with a little noise."""
    wave = (day.toordinal() % 240) / 240
    for currency, base in (("USD", 7.05), ("EUR", 7.70)):
        rate = round(base + 0.2 * abs(wave - 0.5) + rng.random() * 0.01, 4)
        row = {"date": day, "currency": currency, "base_currency": "CNY", "rate": rate}
        ledger.save("fx_rates", start_of(day.toordinal()) + 600, row)


def past_rates(ledger: Ledger, start: date) -> None:
    """Rates of the years before the world starts, for contracts signed then."""
    rng = Random("rates")
    for offset in range((start - FIRST_RATE).days):
        rates(rng, ledger, FIRST_RATE + timedelta(days=offset))


def targets(ledger: Ledger, month: date) -> None:
    """Monthly targets of each salesperson, by line; the newest colleague has a target of zero."""
    second = start_of(month.toordinal()) + 7200
    for index, owner_id in enumerate(SALES):
        for line in BUSINESS_LINES:
            amount = 0 if owner_id == SALES[-1] else 12_000 + 500 * index
            row = {"owner_id": owner_id, "month": month, "product": line, "target": amount}
            ledger.save("sales_targets", second, {**row, "currency": "CNY"})
