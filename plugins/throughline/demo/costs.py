"""What marketing pays: ad platforms' daily reports, market events, monthly costs."""

from datetime import date
from random import Random

from throughline.demo.channels import ARRIVAL_RATE, BY_NAME, Channel
from throughline.demo.ledger import Ledger
from throughline.demo.times import add_months, start_of

RESTATED_DAYS = 7
PLATFORMS = {
    "sem_baidu": ("baidu_spend", ("计算机", "移动")),
    "feed_tencent": ("tencent_spend", ("all",)),
    "dsp": ("dsp_spend", ("all",)),
}


def ad_day(
    rng: Random, ledger: Ledger, day: int, first: int, landed: dict[tuple[str, str], int],
    history_until: int,
) -> None:  # fmt: skip
    """Emit each platform's report rows of one day, and what later reports restate of them.

    `landed` counts visitors by (channel, campaign). While the world is still in its history one
    file carries the final numbers as known at its end; afterwards every night's file restates the
    seven days before it. The number known `age` days after the day grows from 96 % to 100 %.
    """
    for name, (stream, devices) in PLATFORMS.items():
        channel = BY_NAME[name]
        for campaign in channel.campaigns:
            for device in devices:
                final = _final(rng, channel, landed.get((name, campaign), 0), len(devices), day)
                zero = day - first in (33, 34)
                _report(ledger, stream, name, campaign, device, day, history_until,
                        (0, 0, 0.0) if zero else final)  # fmt: skip
                if zero:
                    ledger.mark("zero_spend", f"{campaign}:{device}:{day}", start_of(day))


def _final(rng: Random, channel: Channel, visits: int, devices: int, day: int):
    """Impressions, clicks and cost as finally stated (share of one device)."""
    hoped = visits / ARRIVAL_RATE / devices
    clicks = int(hoped) + (rng.random() < hoped - int(hoped))
    per_click = channel.cost_per_lead * channel.form_rate * ARRIVAL_RATE
    cost = round(clicks * per_click * (0.9 + 0.2 * rng.random()), 2)
    return clicks * 30 + int(rng.random() * 300), clicks, cost


def _report(ledger, stream, channel, campaign, device, day, history_until, final) -> None:
    last = day + RESTATED_DAYS
    known = [min(max(day, history_until), last)] if day <= history_until else [day]
    known += [later for later in range(max(day, history_until) + 1, last + 1)]
    for known_on in known:
        age = known_on - day
        share = 1.0 if age >= RESTATED_DAYS else 0.96 + 0.04 * age / RESTATED_DAYS
        cost = round(final[2] * share, 2)
        identifier = f"{campaign}:{device}:{date.fromordinal(day)}"
        row = (campaign, device, day, final[0], final[1], cost)
        tag = None if known_on <= max(day, history_until) else "ad_restatement"
        ledger.emit(stream, known_on, (tag, identifier, *row))
        spent = start_of(known_on)
        ledger.fact("spend", spent, channel=channel, key=identifier, day=day, cost=cost)


def monthly(rng: Random, ledger: Ledger, month: date, leads: dict[str, int]) -> None:
    """Emit the costs of the month before `month`, which the ledger books on its first day.

    `leads` counts last month's leads by channel: content and social cost their planted amount
    per lead. Payroll is booked on channel ALL.
    """
    past = add_months(month, -1)
    amounts = [("content_wechat", "content"), ("social_weibo", "agency")]
    rows = []
    for name, kind in amounts:
        hoped = leads.get(name, 0) * BY_NAME[name].cost_per_lead
        rows.append((name, kind, round(hoped * (0.97 + 0.06 * rng.random()), 2)))
    rows += [("email", "tool", 800.0), ("ALL", "payroll_mkt", 180_000.0),
             ("ALL", "payroll_sales", 420_000.0), ("ALL", "payroll_cs", 90_000.0)]  # fmt: skip
    for channel, kind, amount in rows:
        row = (channel, past.isoformat(), kind, amount, "CNY")
        ledger.emit("channel_cost", month.toordinal(), (None, f"{channel}:{past}:{kind}", *row))
        if channel != "ALL":
            ledger.fact("spend", start_of(month.toordinal()), channel=channel, cost=amount,
                        key=f"{channel}:{past}:{kind}", day=past.toordinal())  # fmt: skip


def market_event(rng: Random, ledger: Ledger, day: int, leads: int) -> None:
    """Emit the two cost lines of this month's market event, a little per expected lead."""
    event_id = f"mkt-{date.fromordinal(day):%Y%m}"
    booked = day + 3
    total = round(leads * BY_NAME["event"].cost_per_lead * (0.95 + 0.1 * rng.random()), 2)
    for line, kind, share in (("venue", "expense", 0.8), ("staff", "labour", 0.2)):
        amount = round(total * share, 2)
        row = (event_id, line, kind, date.fromordinal(day).isoformat(), "event", amount, "CNY")
        ledger.emit("event_cost", booked, (None, f"{event_id}:{line}", *row))
        ledger.fact("spend", start_of(booked), channel="event", key=f"{event_id}:{line}", day=day,
                    cost=amount)  # fmt: skip


def negative_row(stream: str, day: int) -> tuple:
    """A report row with a negative cost, which the contract rejects."""
    past = date.fromordinal(day)
    campaign = {"baidu_spend": "bd_brand", "tencent_spend": "tx_video", "dsp_spend": "dx_reach"}
    return (None, f"negative:{past}", campaign[stream], "negative", day, 100, 3, -12.5)
