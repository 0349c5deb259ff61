"""The scripts themselves (spec: T17): what each company signs, and its MRR at month ends."""

from collections.abc import Callable
from datetime import date, timedelta

from throughline.demo.deals import refund
from throughline.demo.scripted import ONE, Script
from throughline.demo.times import add_months


def new(s: Script) -> None:
    """10 seats x 1,200 / 12 = 1,000 a month from M0 on."""
    s.year(s.month(0, 5), s.month(0, 10), "erp", 10, 1200)


def upgrade(s: Script) -> None:
    """1,000 a month; five more seats from M1's 10th on: 1,500."""
    start = add_months(s.month(0), -5)
    s.year(start - ONE, start, "erp", 10, 1200)
    end = add_months(start, 12) - ONE
    more = s.sign(s.month(1, 9), s.month(1, 10), end, 3400.0, "expansion")
    s.item(more, "erp", 5, 1200, s.month(1, 10), end)
    s.pay(more, 3400.0, s.month(1, 9))


def downgrade(s: Script) -> None:
    """1,000 a month; from M1's 20th on six seats: 600."""
    start = add_months(s.month(0), -5)
    end = add_months(start, 12) - ONE
    row = s.sign(start - ONE, start, end, 12_000.0)
    s.item(row, "erp", 10, 1200, start, end, canceled_at=s.second(s.month(1, 10)),
           service_end=s.month(1, 19))  # fmt: skip
    s.pay(row, 12_000.0, start - ONE)
    less = s.sign(s.month(1, 10), s.month(1, 20), end, -2200.0, "amend",
                  amends_contract_id=row["contract_id"])  # fmt: skip
    s.item(less, "erp", 6, 1200, s.month(1, 20), end)


def line_drop(s: Script) -> None:
    """Erp 1,000 and scrm 10 x 720 / 12 = 600; scrm ends on M1's 15th."""
    start = add_months(s.month(0), -4)
    end = add_months(start, 12) - ONE
    row = s.sign(start - ONE, start, end, 19_200.0)
    s.item(row, "erp", 10, 1200, start, end)
    s.item(row, "scrm", 10, 720, start, end, canceled_at=s.second(s.month(1, 2)),
           service_end=s.month(1, 15))  # fmt: skip
    s.pay(row, 19_200.0, start - ONE)


def cancel(s: Script) -> None:
    """1,000 a month, cancelled on M1's 12th with immediate effect; half is paid back."""
    start = add_months(s.month(0), -3)
    end = add_months(start, 12) - ONE
    row = s.sign(start - ONE, start, end, 12_000.0)
    gone = s.second(s.month(1, 12))
    s.item(row, "erp", 10, 1200, start, end, canceled_at=gone, service_end=s.month(1, 12))
    payment = s.pay(row, 12_000.0, start - ONE)
    s.ledger.save("contracts", gone, {**row, "cancelled_at": gone, "status": "cancelled"})
    refund(s.ledger, gone + 86_400, s.company, row, payment, 6000.0)


def reactivation(s: Script) -> None:
    """1,000 a month until 40 days before M0, and again from M1's 7th on."""
    gone = s.month(0) - timedelta(days=40)
    start = add_months(gone + ONE, -12)
    row = s.sign(start - ONE, start, gone, 12_000.0)
    s.item(row, "erp", 10, 1200, start, gone)
    s.pay(row, 12_000.0, start - ONE)
    s.year(s.month(1, 5), s.month(1, 7), "erp", 10, 1200)


def dollars(s: Script) -> None:
    """10 seats x 240 USD / 12 = 200 USD a month from M0's 3rd on."""
    start = s.month(0, 3)
    end = add_months(start, 12) - ONE
    row = s.sign(s.month(0, 2), start, end, 2400.0, currency="USD")
    s.item(row, "erp", 10, 240, start, end)
    s.pay(row, 2400.0, s.month(0, 2))


def refunded(s: Script) -> None:
    """1,000 a month from M0's 8th on; 3,000 of 12,000 are paid back on M1's 15th."""
    row = s.year(s.month(0, 8), s.month(0, 8), "erp", 10, 1200)
    payment = s.ledger.crm["payments"][-1][1]["payment_id"]
    refund(s.ledger, s.second(s.month(1, 15)), s.company, row, payment, 3000.0)


def free_month(s: Script) -> None:
    """Free until the end of M0, then 1,000 a month."""
    start, paid = s.month(0, 2), s.month(1)
    end = add_months(paid, 11) - ONE
    row = s.sign(s.month(0, 2), start, end, 11_000.0)
    s.item(row, "erp", 10, 0, start, paid - ONE)
    s.item(row, "erp", 10, 1200, paid, end)
    s.pay(row, 11_000.0, s.month(0, 2))


def early_renewal(s: Script) -> None:
    """1,000 a month until M1's 20th, renewed on M0's 20th at the same terms."""
    _renewed(s, s.month(1, 20), s.month(0, 20), s.month(1, 21))


def late_renewal(s: Script) -> None:
    """1,000 a month until M0's 25th, renewed from M1's 12th on: away at the end of M0."""
    _renewed(s, s.month(0, 25), s.month(1, 10), s.month(1, 12))


def lapsed(s: Script) -> None:
    """1,000 a month until M0's 15th, never renewed."""
    _renewed(s, s.month(0, 15), None, None)


def _renewed(s: Script, end: date, signed: date | None, start: date | None) -> None:
    first = add_months(end + ONE, -12)
    row = s.sign(first - ONE, first, end, 12_000.0)
    s.item(row, "erp", 10, 1200, first, end)
    s.pay(row, 12_000.0, first - ONE)
    if signed and start:
        s.year(signed, start, "erp", 10, 1200, "renewal", renewed_from=row["contract_id"])


def month_end(s: Script) -> None:
    """A monthly price of 100 x 5 seats from the 31st (or last day) before M0 on: 500 a month."""
    start = s.month(0) - ONE
    end = add_months(start, 6) - ONE
    row = s.sign(start - ONE, start, end, 3000.0)
    s.item(row, "bi", 5, 100, start, end, period="month")
    s.pay(row, 3000.0, start - ONE)


def leap_day(s: Script) -> None:
    """A contract of the leap day 2024-02-29, long over; one year of 5 x 600."""
    s.year(date(2024, 2, 28), date(2024, 2, 29), "bi", 5, 600)


PLOTS: tuple[Callable[[Script], None], ...] = (
    new, upgrade, downgrade, line_drop, cancel, reactivation, dollars, refunded,
    free_month, early_renewal, late_renewal, lapsed, month_end, leap_day,
)  # fmt: skip

MRR = {
    "new": {"erp": (0, 1000, 1000, 1000)},
    "upgrade": {"erp": (1000, 1000, 1500, 1500)},
    "downgrade": {"erp": (1000, 1000, 600, 600)},
    "line_drop": {"erp": (1000, 1000, 1000, 1000), "scrm": (600, 600, 0, 0)},
    "cancel": {"erp": (1000, 1000, 0, 0)},
    "reactivation": {"erp": (0, 0, 1000, 1000)},
    "dollars": {"erp": (0, 200, 200, 200)},
    "refunded": {"erp": (0, 1000, 1000, 1000)},
    "free_month": {"erp": (0, 0, 1000, 1000)},
    "early_renewal": {"erp": (1000, 1000, 1000, 1000)},
    "late_renewal": {"erp": (1000, 0, 1000, 1000)},
    "lapsed": {"erp": (1000, 0, 0, 0)},
    "month_end": {"bi": (500, 500, 500, 500)},
    "leap_day": {"bi": (0, 0, 0, 0)},
}
"""Native MRR by script and line at the ends of the month before M0, of M0, M1 and M2."""
