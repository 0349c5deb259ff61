"""From a valid lead to a customer, its renewals, expansions and its end."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from throughline.demo import accounts, calls, deals, staff, tenants
from throughline.demo.channels import BUSINESS_LINES, LIST_PRICE
from throughline.demo.company import Company
from throughline.demo.leads import Lead, move
from throughline.demo.ledger import Ledger
from throughline.demo.tenants import Decision, Tenant
from throughline.demo.times import DAY, add_months, date_of, day_of

TERMS = (12, 12, 12, 12, 12, 12, 12, 6, 6, 3)
RENEWED = 0.78


@dataclass
class Customer:
    """A company under contract."""

    company: Company
    tenant: Tenant
    owner_id: str
    contact_id: str
    lead_id: str | None
    line: str
    seats: int
    price: float
    term: int


def convert(rng: Random, ledger: Ledger, lead: Lead, valid: int, tenant: Tenant | None) -> int:
    """Open the opportunity of a valid lead, and the customer's life if it is won.

    Returns the second at which it was opened.
    """
    second = calls.office_hour(rng, valid + int((0.2 + rng.expovariate(0.25)) * DAY))
    company, owner_id = lead.company, staff.SALES[int(rng.random() * len(staff.SALES))]
    contact_id = accounts.enter(ledger, company, lead, second, owner_id)
    opportunity_id = f"opp-{company.number}"
    line, seats, price, term = _offer(rng, lead)
    move(ledger, lead, second, "converted", converted_opportunity_id=opportunity_id)
    row = {"opportunity_id": opportunity_id, "account_id": company.account_id, "type": "new",
           "business_line": line, "amount": round(seats * price * term / 12, 2),
           "currency": "CNY", "owner_id": owner_id, "primary_contact_id": contact_id,
           "lead_id": lead.lead_id}  # fmt: skip
    won = lead.fate == "paid"
    cycle = 8 + rng.lognormvariate(2.8, 0.5)
    closed = deals.opportunity(rng, ledger, row, second, won, cycle)
    for offset in (3, 12):
        calls.follow_up(rng, ledger, lead, min(second + offset * DAY, closed), "opp_callback")
    if not won:
        return second
    if tenant is None or tenant.first_day > day_of(closed):
        tenant = tenants.sign_up(rng, ledger, company, closed + 7200, None, trial=False)
    customer = Customer(company, tenant, owner_id, contact_id, lead.lead_id, line, seats, price,
                        term)  # fmt: skip
    live(rng, ledger, customer, closed + 3600, opportunity_id)
    if rng.random() < 0.4:
        calls.follow_up(rng, ledger, lead, closed + 20 * DAY, "care")
    return second


def _offer(rng: Random, lead: Lead) -> tuple[str, int, float, int]:
    """Line, seats, price per seat and year, months; the value is log-normal, deviation 0.6."""
    line = BUSINESS_LINES[int(len(BUSINESS_LINES) * rng.random() ** 1.6)]
    term = TERMS[int(rng.random() * len(TERMS))]
    price = round(LIST_PRICE[line] * (1 - 0.05 * int(rng.random() * 5)), 2)
    value = lead.channel.deal * rng.lognormvariate(0, 0.6)
    return line, max(2, round(value / price * 12 / term)), price, term


def live(rng: Random, ledger: Ledger, customer: Customer, signed: int, opportunity_id: str) -> None:
    """Sign the first contract and every renewal that follows, until the customer leaves."""
    start = date_of(signed) + timedelta(days=1 + int(rng.random() * 12))
    contract_id, previous, kind = f"ct-{customer.company.number}", None, "new"
    opened = customer.tenant
    opened.row.update(account_id=customer.company.account_id, pay_type="contract")
    tenants.save(ledger, opened, signed + 14_400)
    tenants.staff_up(rng, ledger, opened, customer.seats, start.toordinal())
    for round_number in range(1, 9):
        end = add_months(start, customer.term) - timedelta(days=1)
        contract_id = f"ct-{customer.company.number}-{round_number}"
        _sign(rng, ledger, customer, signed, contract_id, kind, start, end, previous,
              opportunity_id)  # fmt: skip
        if round_number == 1:
            _grow(rng, ledger, customer, contract_id, start, end)
        if not _renews(rng, customer, start, end):
            return
        early = rng.random()
        due = end.toordinal() + (-20 if early < 0.7 else 8 if early < 0.9 else -2)
        kind, previous = "renewal", contract_id
        opened_at = deals.first_second(date.fromordinal(due - 25))
        opportunity_id = f"opp-{customer.company.number}-r{round_number}"
        signed = _renewal(rng, ledger, customer, opened_at, opportunity_id, end)
        start = max(end + timedelta(days=1), date_of(signed))


def _renews(rng: Random, customer: Customer, start: date, end: date) -> bool:
    """Decide about renewal; most who leave use the product less in the last two months (T6)."""
    stays = rng.random() < RENEWED
    dips = rng.random() < (0.05 if stays else 0.85)
    decision = Decision(start.toordinal(), end.toordinal(), customer.line, stays, dips)
    customer.tenant.decisions.append(decision)
    return stays


def _renewal(rng, ledger, customer, second, opportunity_id, end) -> int:
    row = {"opportunity_id": opportunity_id, "account_id": customer.company.account_id,
           "type": "renewal", "business_line": customer.line,
           "amount": round(customer.seats * customer.price * customer.term / 12, 2),
           "currency": "CNY", "owner_id": customer.owner_id,
           "primary_contact_id": customer.contact_id, "lead_id": None}  # fmt: skip
    return deals.opportunity(rng, ledger, row, second, True, 18) + 3600


def _sign(
    rng, ledger, customer, signed, contract_id, kind, start, end, previous, opportunity_id
) -> None:  # fmt: skip
    months = customer.term
    amount = round(customer.seats * customer.price * months / 12, 2)
    listed = round(customer.seats * LIST_PRICE[customer.line] * months / 12, 2)
    row = deals.contract(ledger, signed, customer.company, contract_id, kind, start, end, amount,
                         list_amount=listed, renewed_from=previous, owner_id=customer.owner_id,
                         opportunity_id=opportunity_id)  # fmt: skip
    deals.item(ledger, signed, row, "1", customer.line, customer.seats, customer.price, start, end)
    customer.tenant.seats.append(
        (start.toordinal(), end.toordinal(), customer.seats, customer.line)
    )
    _bill(rng, ledger, customer, row, signed, amount)


def _bill(rng, ledger, customer, row, signed, amount) -> None:
    parts = 2 if amount > 30_000 and rng.random() < 0.4 else 1
    for number in range(1, parts + 1):
        share = round(amount / 2, 2) if parts == 2 and number == 1 else amount
        amount = round(amount - share, 2)
        days = None if rng.random() < 0.02 else 1 + int(rng.random() * 28)
        issued = signed + 1800 + (number - 1) * 90 * DAY
        payment_id = deals.bill(ledger, issued, customer.company, row, share, number, days)
        if number == 1 and days is not None and rng.random() < 0.015:
            back = issued + (days + 20) * DAY
            deals.refund(ledger, back, customer.company, row, payment_id, round(share * 0.3, 2))


def _grow(rng, ledger, customer, contract_id, start, end) -> None:
    """Sell more seats (12 %) or a second line (15 %) half-way through the first term."""
    chance = rng.random()
    if chance > 0.27:
        return
    kind = "expansion" if chance < 0.12 else "cross_sell"
    middle = start + timedelta(days=int((end - start).days * (0.3 + 0.3 * rng.random())))
    line = customer.line
    if kind == "cross_sell":
        line = BUSINESS_LINES[(BUSINESS_LINES.index(line) + 1) % len(BUSINESS_LINES)]
    seats = max(1, customer.seats // 3)
    price = float(LIST_PRICE[line])
    amount = round(seats * price * ((end - middle).days + 1) / 365, 2)
    opened = deals.first_second(middle - timedelta(days=20))
    row = {"opportunity_id": f"opp-{customer.company.number}-x", "type": kind, "amount": amount,
           "account_id": customer.company.account_id, "business_line": line, "currency": "CNY",
           "owner_id": customer.owner_id, "primary_contact_id": customer.contact_id,
           "lead_id": None}  # fmt: skip
    closed = deals.opportunity(rng, ledger, row, opened, True, 10)
    signed = deals.contract(ledger, closed + 3600, customer.company, f"{contract_id}x", "expansion",
                            middle, end, amount, owner_id=customer.owner_id, list_amount=amount,
                            opportunity_id=row["opportunity_id"])  # fmt: skip
    deals.item(ledger, closed + 3600, signed, "1", line, seats, price, middle, end)
    customer.tenant.seats.append((middle.toordinal(), end.toordinal(), seats, line))
    deals.bill(ledger, closed + 7200, customer.company, signed, amount, 1, 10)
