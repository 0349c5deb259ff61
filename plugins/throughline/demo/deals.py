"""Opportunities, contracts, subscription items, invoices, payments, refunds."""

from datetime import date, timedelta
from random import Random
from typing import Any

from throughline.demo.channels import BUSINESS_LINES
from throughline.demo.company import Company
from throughline.demo.ledger import Ledger
from throughline.demo.times import DAY, date_of, start_of

STAGES = ("discovery", "demo", "proposal", "negotiation")
LOST = ("price", "competitor", "no_budget", "timing")


def opportunity(
    rng: Random, ledger: Ledger, row: dict[str, Any], second: int, won: bool, days: float
) -> int:
    """Walk an opportunity through its stages until it closes; return when it did.

    3 % of them fall back one stage on the way.
    """
    row.update(stage=STAGES[0], accepted_at=None, closed_at=None, is_won=None, lost_reason=None,
               expected_close=date_of(second) + timedelta(days=60), is_deleted=False,
               is_test=False)  # fmt: skip
    ledger.save("opportunities", second, row)
    row["accepted_at"] = second + 3600
    ledger.save("opportunities", second + 3600, row)
    path = list(STAGES if won else STAGES[: 1 + int(rng.random() * 4)])
    if len(path) > 2 and rng.random() < 0.03:
        path.insert(3, path[1])
        path.insert(4, path[2])
        ledger.mark("stage_regression", row["opportunity_id"], second)
    path.append("won" if won else "lost")
    step = int(days * DAY / len(path))
    entered = second
    for index, stage in enumerate(path):
        left = entered + 7200 + int(step * (0.4 + rng.random()))
        _enter(ledger, row, stage, entered, None if index == len(path) - 1 else left)
        if index and stage not in ("won", "lost"):
            row["stage"] = stage
            ledger.save("opportunities", entered, row)
        if index < len(path) - 1:
            entered = left
    row.update(stage=path[-1], closed_at=entered, is_won=won)
    if not won:
        row["lost_reason"] = LOST[int(rng.random() * len(LOST))]
    ledger.save("opportunities", entered, row)
    return entered


def small(
    rng: Random, ledger: Ledger, company: Company, owner_id: str, second: int, won: bool,
    days: float, lead_id: str | None = None, contact_id: str | None = None,
) -> None:  # fmt: skip
    """Walk the one opportunity of a planted company, of 8,000 to 38,000 CNY, to its end."""
    row = {"opportunity_id": f"opp-{company.number}", "type": "new", "currency": "CNY",
           "account_id": company.account_id, "lead_id": lead_id, "owner_id": owner_id,
           "business_line": BUSINESS_LINES[company.serial % len(BUSINESS_LINES)],
           "amount": round(8000 + 30_000 * rng.random(), 2),
           "primary_contact_id": contact_id}  # fmt: skip
    opportunity(rng, ledger, row, second, won, days)


def _enter(ledger: Ledger, row: dict, stage: str, entered: int, left: int | None) -> None:
    stay = {"opportunity_id": row["opportunity_id"], "entered_at": entered, "stage": stage,
            "exited_at": None, "moved_by": row["owner_id"], "created_at": entered,
            "is_deleted": False, "is_test": False}  # fmt: skip
    ledger.save("opportunity_stages", entered, stay)
    if left is not None:
        ledger.save("opportunity_stages", left, {**stay, "exited_at": left})


def item(
    ledger: Ledger, second: int, contract: dict, suffix: str, line: str, seats: int, price: float,
    start: date, end: date, **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """Write one subscription item; `price` per seat and year unless `period` says month."""
    row = {
        "item_id": f"{contract['contract_id']}-{suffix}", "contract_id": contract["contract_id"],
        "business_line": line, "plan": "standard", "seats": seats, "unit_price": price,
        "currency": contract["currency"], "recurring": True, "period": "year",
        "start_date": start, "end_date": end, "canceled_at": None, "service_end": None,
        "is_deleted": False, "is_test": False, **more,
    }  # fmt: skip
    ledger.save("subscription_items", second, row)
    return row


def contract(
    ledger: Ledger, second: int, company: Company, contract_id: str, kind: str, start: date,
    end: date, amount: float, **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """Write one contract signed at `second`."""
    row = {
        "contract_id": contract_id, "account_id": company.account_id, "kind": kind,
        "signed_date": date_of(second), "start_date": start, "end_date": end, "amount": amount,
        "currency": "CNY", "list_amount": None, "renewed_from": None, "amends_contract_id": None,
        "cancelled_at": None, "owner_id": None, "opportunity_id": None, "status": "active",
        "is_deleted": False, "is_test": False, **more,
    }  # fmt: skip
    ledger.save("contracts", second, row)
    ledger.fact("contract", second, contract_id=contract_id, account_id=company.account_id,
                channel=company.channel, observed=company.observed,
                kind=kind, amount=amount,
                currency=row["currency"])  # fmt: skip
    return row


def bill(
    ledger: Ledger, second: int, company: Company, signed: dict, amount: float, number: int,
    paid_days: int | None,
) -> str:  # fmt: skip
    """Invoice a part of a contract; pay it after `paid_days` (None: never). Return payment id."""
    contract_id = signed["contract_id"]
    row = {
        "invoice_id": f"inv-{contract_id}-{number}", "contract_id": contract_id,
        "amount": amount, "currency": signed["currency"], "issued_at": second,
        "due_at": second + 30 * DAY, "status": "issued", "is_deleted": False, "is_test": False,
    }  # fmt: skip
    ledger.save("invoices", second, row)
    payment_id = f"pay-{contract_id}-{number}"
    if paid_days is None:
        return payment_id
    paid = second + 3600 + paid_days * DAY
    ledger.save("invoices", paid, {**row, "status": "paid"})
    pay = {"payment_id": payment_id, "invoice_id": row["invoice_id"], "contract_id": contract_id,
           "amount": amount, "currency": signed["currency"], "paid_at": paid, "method": "bank",
           "is_deleted": False, "is_test": False}  # fmt: skip
    ledger.save("payments", paid, pay)
    ledger.fact("cash", paid, channel=company.channel, observed=company.observed,
                account_id=company.account_id,
                amount=amount, currency=signed["currency"])  # fmt: skip
    return payment_id


def refund(
    ledger: Ledger, second: int, company: Company, signed: dict, payment_id: str, amount: float
) -> None:
    """Pay a part of a payment back."""
    contract_id = signed["contract_id"]
    row = {"refund_id": f"ref-{contract_id}", "payment_id": payment_id,
           "contract_id": contract_id, "amount": amount, "currency": signed["currency"],
           "refunded_at": second, "is_deleted": False, "is_test": False}  # fmt: skip
    ledger.save("refunds", second, row)
    ledger.fact("cash", second, channel=company.channel, observed=company.observed,
                account_id=company.account_id,
                amount=-amount, currency=signed["currency"])  # fmt: skip


def first_second(day: date) -> int:
    """Ten in the morning of a business date."""
    return start_of(day.toordinal()) + 10 * 3600
