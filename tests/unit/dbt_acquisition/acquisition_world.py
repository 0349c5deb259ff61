"""A small company's marketing, written down by hand where it matters and at random where not."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
AS_OF = date(2026, 11, 20)
MIN_LEADS = 2
"""Ranks need two mature leads here, not thirty; given to dbt as var `roi_min_leads`."""

UTM = {
    "sem_baidu": ("baidu", "cpc"),
    "feed_tencent": ("tencent", "feed"),
    "dsp": ("dsp_x", "dsp"),
    "social_weibo": ("weibo", "social"),
    "content_wechat": ("wechat", "content"),
    "email": ("edm", "email"),
    "unassigned": ("nobody_knows", "carrier_pigeon"),
}
"""utm values by the channel that spec and seed give them; direct has none, seo a referrer."""

Rows = dict[str, list[dict[str, Any]]]


def at(local: str) -> datetime:
    """Instant of a wall-clock time in Shanghai."""
    return datetime.fromisoformat(local).replace(tzinfo=SHANGHAI)


class World:
    """Input rows by entity; every method appends what one thing in the world leaves behind."""

    def __init__(self) -> None:
        self.rows: Rows = {}
        self.count = 0

    def add(self, entity: str, **row: Any) -> dict[str, Any]:
        self.rows.setdefault(entity, []).append(row)
        return row

    def visit(self, cookie: str, when: str | datetime, channel: str, **extra: Any) -> None:
        """One page view of the channel's landing page, or several `pages` 20 s apart."""
        moment = at(when) if isinstance(when, str) else when
        source, medium = UTM.get(channel, (None, None))
        campaign = extra.pop("campaign", None)
        for page in range(extra.pop("pages", 1)):
            self.count += 1
            seen = moment + timedelta(seconds=20 * page)
            first = page == 0
            row = {
                "event_id": f"pv{self.count:05d}",
                "anonymous_id": cookie,
                "event_time": seen,
                "received_at": seen + timedelta(seconds=2),
                "url": "https://www.shop.example/p",
                "url_path": "/p",
                "site_id": "www",
                "utm_source": source if first else None,
                "utm_medium": medium if first else None,
                "utm_campaign": campaign if first and source else None,
                "referrer": "https://www.baidu.com/s" if channel == "seo" and first else None,
                "ip_hash": f"ip-{cookie}",
                "ua": "Mozilla/5.0",
            }
            self.add("pageview", **{**row, **extra})

    def form(self, cookie: str, when: str, phone: str, kind: str = "demo") -> None:
        self.count += 1
        self.add(
            "form_submit",
            event_id=f"form{self.count:05d}",
            anonymous_id=cookie,
            event_time=at(when),
            received_at=at(when),
            form_id="f1",
            type=kind,
            phone_hash=phone,
            site_id="www",
        )

    def lead(self, lead_id: str, when: str, phone: str, **extra: Any) -> None:
        row = {"created_at": at(when), "phone_hash": phone, "status": "new"}
        self.add("lead", lead_id=lead_id, **{**row, **extra})

    def company(self, number: str, phones: Iterable[str]) -> None:
        """A CRM account with one contact per phone; `number` names it."""
        self.add("account", account_id=f"acc{number}", name=f"Company {number} Ltd")
        for phone in phones:
            self.add(
                "contact",
                contact_id=f"con-{phone}",
                account_id=f"acc{number}",
                phone_hash=phone,
                created_at=at("2024-01-01 00:00"),
            )

    def contract(self, contract_id: str, company: str, signed: str, amount: int, **extra: Any):
        start = date.fromisoformat(extra.pop("start", signed))
        row = {
            "contract_id": contract_id,
            "account_id": f"acc{company}",
            "kind": "new",
            "signed_date": date.fromisoformat(signed),
            "start_date": start,
            "end_date": start + timedelta(days=364),
            "amount": amount,
            "currency": "CNY",
        }
        self.add("contract", **{**row, **extra})

    def pay(self, contract_id: str, when: str, amount: int, currency: str = "CNY") -> None:
        self.count += 1
        self.add("payment", payment_id=f"pay{self.count}", contract_id=contract_id,
                 amount=amount, currency=currency, paid_at=at(when))  # fmt: skip

    def refund(self, contract_id: str, when: str, amount: int) -> None:
        self.count += 1
        self.add("refund", refund_id=f"ref{self.count}", contract_id=contract_id,
                 amount=amount, currency="CNY", refunded_at=at(when))  # fmt: skip

    def opportunity(self, opportunity_id: str, company: str, accepted: str | None, **extra: Any):
        row = {
            "opportunity_id": opportunity_id,
            "account_id": f"acc{company}",
            "type": "new",
            "business_line": "erp",
            "created_at": at("2025-01-01 09:00"),
            "accepted_at": at(accepted) if accepted else None,
            "stage": "discovery",
        }
        self.add("opportunity", **{**row, **extra})

    def ad(self, day: str, platform: str, cost: float, **extra: Any) -> None:
        key = ("account_id", "campaign_id", "adgroup_id", "keyword_id", "match_type", "device")
        row = {
            "platform": platform,
            "date": date.fromisoformat(day),
            **dict.fromkeys(key, "(none)"),
            "impressions": 100,
            "clicks": 10,
            "cost": cost,
            "currency": "CNY",
        }
        self.add("ad_spend_daily", **{**row, **extra})


def conversions(world: World) -> None:
    """Companies whose first paid contract has one thing about it each."""
    # Two touches, refunds inside and outside of 90 days of signing (2026-02-10 + 90 = 05-11).
    world.company("1", ["p1"])
    world.visit("k1", "2026-01-05 10:00", "sem_baidu", campaign="bd_brand", pages=3)
    world.form("k1", "2026-01-05 10:03", "p1", "register")
    world.visit("k1", "2026-01-20 09:00", "feed_tencent", pages=2)
    world.lead("l1", "2026-01-05 10:05", "p1")
    world.opportunity("o1", "1", "2026-01-25 10:00", lead_id="l1")
    world.contract("c1", "1", "2026-02-10", 100_000, start="2026-02-15")
    world.pay("c1", "2026-03-01 12:00", 60_000)
    world.refund("c1", "2026-05-11 23:59:59", 10_000)
    world.refund("c1", "2026-05-12 00:00:00", 5_000)
    world.contract("c1b", "1", "2026-08-01", 70_000, kind="renewal", renewed_from="c1")
    world.pay("c1b", "2026-08-05 12:00", 70_000)
    # Two persons of one company, a contract in another currency.
    world.company("2", ["p2", "p3"])
    world.visit("k2", "2026-01-10 10:00", "dsp")
    world.form("k2", "2026-01-10 10:01", "p2")
    world.visit("k3", "2026-01-15 10:00", "content_wechat")
    world.form("k3", "2026-01-15 10:01", "p3")
    world.lead("l2", "2026-01-15 10:02", "p3")
    world.contract("c2", "2", "2026-01-31", 10_000, currency="USD")
    world.pay("c2", "2026-02-02 12:00", 4_000, "USD")
    # No touch at all: the lead was imported.
    world.company("3", ["p30"])
    world.lead("l3", "2026-01-20 10:00", "p30", channel_raw="渠道")
    world.contract("c3", "3", "2026-03-03", 30_000)
    # A touch exactly 90 days before (2026-01-01 + 90 = 04-01) and one a second earlier.
    world.company("4", ["p4"])
    world.visit("k4a", "2025-12-31 23:59:59", "dsp")
    world.form("k4a", "2025-12-31 23:59:59", "p4")
    world.visit("k4b", "2026-01-01 00:00:00", "social_weibo")
    world.lead("l4", "2026-01-02 10:00", "p4")
    world.form("k4b", "2026-01-01 00:00:00", "p4")
    world.contract("c4", "4", "2026-04-01", 40_000)
    # The last second of the signing day counts, the next one does not.
    world.company("5", ["p5"])
    world.visit("k5", "2026-02-01 10:00", "direct")
    world.form("k5", "2026-02-01 10:01", "p5")
    world.visit("k5b", "2026-02-20 23:59:59", "seo")
    world.form("k5b", "2026-02-20 23:59:59", "p5")
    world.visit("k5c", "2026-02-21 00:00:00", "email")
    world.form("k5c", "2026-02-21 00:00:00", "p5")
    world.lead("l5", "2026-02-01 10:02", "p5")
    world.contract("c5", "5", "2026-02-20", 50_000)
    # A contract cancelled within seven days was never paid; the next one is the first.
    world.company("6", ["p6"])
    world.visit("k6", "2026-02-01 11:00", "sem_baidu", campaign="bd_erp")
    world.form("k6", "2026-02-01 11:01", "p6")
    world.lead("l6", "2026-02-01 11:05", "p6")
    world.contract("c6a", "6", "2026-02-05", 20_000, cancelled_at=at("2026-02-10 10:00"))
    world.pay("c6a", "2026-02-06 10:00", 20_000)
    world.refund("c6a", "2026-02-11 10:00", 20_000)
    world.contract("c6b", "6", "2026-03-05", 25_000)
    # A free contract is not paid; the visit in January is too old for the one in May.
    world.company("7", ["p7"])
    world.visit("k7", "2026-01-15 11:00", "feed_tencent")
    world.form("k7", "2026-01-15 11:01", "p7")
    world.visit("k7", "2026-04-15 11:00", "content_wechat")
    world.lead("l7", "2026-01-15 11:05", "p7")
    world.contract("c7a", "7", "2026-02-01", 0)
    world.contract("c7b", "7", "2026-05-01", 15_000)
    # No lead: the cohort is the month of signing.
    world.company("8", ["p8"])
    world.visit("k8", "2026-05-30 11:00", "seo")
    world.form("k8", "2026-05-30 11:01", "p8")
    world.contract("c8", "8", "2026-06-06", 12_000)
    # Signed after as_of: not known yet.
    world.company("9", ["p9"])
    world.visit("k9", "2026-11-10 11:00", "sem_baidu", campaign="bd_brand")
    world.form("k9", "2026-11-10 11:01", "p9")
    world.lead("l9", "2026-11-10 11:05", "p9")
    world.contract("c9", "9", "2026-11-25", 99_000)
    # An opportunity whose first touch lies exactly 90 days before, another a second earlier.
    world.company("10", ["p10"])
    world.visit("k10a", "2026-03-10 08:59:59", "email")
    world.form("k10a", "2026-03-10 08:59:59", "p10")
    world.visit("k10b", "2026-03-10 09:00:00", "dsp")
    world.form("k10b", "2026-03-10 09:00:00", "p10")
    world.lead("l10", "2026-03-10 09:30", "p10")
    world.opportunity("o10", "10", "2026-06-08 09:00:00", lead_id="l10")
    world.opportunity("o10b", "10", "2026-07-08 09:00:00")
    world.opportunity("o10c", "10", None)
    # A duplicate within 90 days, and a second lead after them; paid 168 days after the first.
    world.company("12", ["p12"])
    world.visit("k12", "2026-01-03 11:00", "social_weibo")
    world.form("k12", "2026-01-03 11:01", "p12")
    world.lead("l12a", "2026-01-03 11:05", "p12")
    world.lead("l12b", "2026-02-20 11:05", "p12")
    world.lead("l12c", "2026-06-01 11:05", "p12")
    world.contract("c12", "12", "2026-06-20", 18_000)
    # Long ago: the twelve months after signing and the conversion window are over.
    world.company("14", ["p14"])
    world.visit("k14", "2025-03-05 11:00", "sem_baidu", campaign="bd_old")
    world.form("k14", "2025-03-05 11:01", "p14")
    world.lead("l14", "2025-03-05 11:05", "p14")
    world.contract("c14", "14", "2025-03-20", 12_000)
    world.pay("c14", "2025-03-20 00:00:00", 7_000)
    world.pay("c14", "2026-03-19 23:59:59", 3_000)
    world.pay("c14", "2026-03-20 00:00:00", 2_000)
    # Leads that nobody ever bought from; one has no contact in the CRM and so no company.
    world.visit("k20", "2026-02-14 11:00", "dsp")
    world.form("k20", "2026-02-14 11:01", "p20")
    world.lead("l20", "2026-02-14 11:05", "p20")
    for number, channel in (("31", "sem_baidu"), ("32", "content_wechat")):
        world.visit(f"k{number}", "2026-01-07 11:00", channel)
        world.form(f"k{number}", "2026-01-07 11:01", f"p{number}")
        world.lead(f"l{number}", "2026-01-07 11:05", f"p{number}")
    world.lead("l21", "2026-02-15 00:00:00", "p21", utm_source="dsp_x", utm_medium="dsp")


def subscriptions(world: World) -> None:
    """What the companies use, for MRR and churn: 1,200 and 500 a month, and 1,000 that ended."""
    item = {"business_line": "erp", "currency": "CNY", "recurring": True}
    for contract, seats, price, period, start, end in (
        ("c1", 10, 120, "month", "2026-02-15", "2027-02-14"),
        ("c5", 5, 1_200, "year", "2026-03-01", "2027-02-28"),
        ("c14", 1, 12_000, "year", "2025-03-20", "2026-03-19"),
    ):
        world.add(
            "subscription_item",
            item_id=f"i-{contract}",
            contract_id=contract,
            seats=seats,
            unit_price=price,
            period=period,
            start=date.fromisoformat(start),
            end=date.fromisoformat(end),
            **item,
        )


def spend(world: World) -> None:
    """Media, events and monthly costs: restated, in dollars, zero, rebated, of unknown origin."""
    for day, rate in (("2026-01-05", 7.0), ("2026-01-06", 7.2), ("2026-01-31", 7.1),
                      ("2026-02-01", 7.15), ("2026-02-02", 7.3)):  # fmt: skip
        world.add("fx_rate", date=date.fromisoformat(day), currency="USD", base_currency="CNY",
                  rate=rate)  # fmt: skip
    early, late = at("2026-01-06 03:00"), at("2026-01-08 03:00")
    brand = {"campaign_id": "BD_Brand", "ad_type": "sem"}
    world.ad("2026-01-05", "baidu", 900, **brand, _loaded_at=early)
    world.ad("2026-01-05", "baidu", 1000, **brand, _loaded_at=late, clicks=20)
    world.ad("2026-01-05", "baidu", 500.55, campaign_id="bd_erp", ad_type="sem", cost_adjust=-20.5)
    world.ad("2026-02-03", "baidu", 333.33, **brand)
    world.ad("2026-01-05", "dsp_x", 100.005, campaign_id="dx", ad_type="dsp", currency="USD")
    world.ad("2026-01-06", "dsp_x", 100.005, campaign_id="dx", ad_type="dsp", currency="USD")
    world.ad("2026-01-07", "tencent", 0, campaign_id="tx", ad_type="feed", clicks=0, impressions=0)
    world.ad("2026-01-08", "tencent", 50, campaign_id="tx", ad_type="feed", clicks=30,
             impressions=20)  # fmt: skip
    world.ad("2026-02-08", "mystery", 77, campaign_id="m1")
    world.ad("2026-02-09", "baidu", 10_000, is_test=True, **brand)
    world.ad("2026-11-20", "weibo", 88, campaign_id="wb_topic", ad_type="social")
    world.ad("2026-11-21", "weibo", 99, campaign_id="wb_topic", ad_type="social")
    world.ad("2025-03-05", "baidu", 600, campaign_id="bd_old", ad_type="sem")
    for line, kind, channel, amount, currency in (
        ("hall", "expense", "event", 3000, "CNY"),
        ("staff", "labour", None, 700, "CNY"),
        ("travel", "expense", "no_such_channel", 40, "CNY"),
        ("speaker", "expense", "event", 10, "USD"),
    ):
        world.add("mkt_event_cost", event_id="e1", cost_line=line, kind=kind, channel_id=channel,
                  date=date(2026, 2, 1), amount=amount, currency=currency)  # fmt: skip
    for channel, month, kind, amount, currency in (
        ("content_wechat", "2026-01-01", "content", 800, "CNY"),
        ("content_wechat", "2026-01-01", "agency", 200, "CNY"),
        ("ALL", "2026-01-01", "tool", 60, "CNY"),
        ("ALL", "2026-01-01", "payroll_mkt", 10_000, "CNY"),
        ("ALL", "2026-01-01", "payroll_sales", 5_000.01, "CNY"),
        ("ALL", "2026-01-01", "payroll_cs", 9_999, "CNY"),
        ("ALL", "2026-02-01", "payroll_mkt", 100, "USD"),
        ("ALL", "2026-04-01", "payroll_mkt", 444, "CNY"),
        ("email", "2026-12-01", "tool", 1, "CNY"),
    ):
        world.add("channel_cost_monthly", channel_id=channel, month=date.fromisoformat(month),
                  cost_type=kind, amount=amount, currency=currency)  # fmt: skip


def product(world: World) -> None:
    """Tenants and first launches; the creator of t1 came through an advertisement."""

    def event(name: str, when: str, **extra: Any) -> None:
        world.count += 1
        row = {
            "event_id": f"ev{world.count:05d}",
            "type": "track",
            "event": name,
            "distinct_id": extra.get("login_id") or extra.get("anonymous_id"),
            "event_time": at(when),
            "received_at": at(when),
        }
        world.add("app_event", **{**row, **extra})

    wechat = {"latest_utm_source": "WeChat ", "latest_utm_medium": "content",
              "latest_utm_campaign": "wx_case"}  # fmt: skip
    world.visit("m1", "2026-10-06 10:00", "sem_baidu", campaign="bd_brand")
    event("$SignUp", "2026-10-06 10:05", type="track_signup", login_id="u1", anonymous_id="m1",
          original_id="m1")  # fmt: skip
    event("$SignUp", "2026-10-09 10:05", login_id="u1", anonymous_id="m1")
    event("$AppStart", "2026-10-06 10:04", device_id="d1", anonymous_id="m1", **wechat)
    event("$AppInstall", "2026-10-08 23:59:59", device_id="d2", anonymous_id="m2")
    event("$AppStart", "2026-10-09 00:00:01", device_id="d2", anonymous_id="m2", **wechat)
    event("$AppStart", "2026-10-09 00:00:00", anonymous_id="m3", login_id="u3")
    event("$SignUp", "2026-10-16 23:59:59", login_id="u3", anonymous_id="m3")
    event("$AppStart", "2026-10-09 08:00:00", device_id="d4", anonymous_id="m4", login_id="u4",
          latest_utm_source="nobody_knows")  # fmt: skip
    event("$SignUp", "2026-10-17 00:00:00", login_id="u4", anonymous_id="m4")
    event("$AppStart", "2026-11-18 08:00:00", device_id="d5", anonymous_id="m5")
    event("$AppStart", "2026-10-09 08:00:00", device_id="dbot", anonymous_id="m6",
          ua="Googlebot/2.1")  # fmt: skip
    for tenant, creator, when, headcount, merged in (
        ("t1", "u1", "2026-10-06 12:00", 20, None),
        ("t2", "u3", "2026-10-09 00:00", 19, None),
        ("t3", None, "2026-10-09 12:00", None, None),
        ("t4", None, "2026-10-05 12:00", 500, "t1"),
        ("t5", None, "2026-11-21 00:00", 50, None),
    ):
        world.add("company_account", company_id=tenant, name=f"Tenant {tenant}",
                  creator_login_id=creator, created_at=at(when), headcount=headcount,
                  merged_into_id=merged)  # fmt: skip


def traffic(world: World, seed: int = 20261120) -> None:
    """Visits of September to November at random, and the edges of sessions and days."""
    world.add("bot_ua", pattern="googlebot", name="Google")
    world.add("internal_list", kind="ip", value="ip-office")
    random = Random(seed)
    channels = ["sem_baidu", "feed_tencent", "direct", "seo", "unassigned", "email"]
    start = at("2026-10-01 00:00:00")
    for number in range(260):
        moment = start + timedelta(seconds=random.randrange(51 * 86_400))
        world.visit(
            f"v{random.randrange(60)}",
            moment,
            random.choice(channels),
            pages=random.choice([1, 1, 2, 4]),
            campaign=random.choice([None, "C1", " c1 ", "c2"]),
            site_id=random.choice(["www", "www", "docs"]),
            ip_hash=f"ip{random.randrange(25)}",
        )
        if number % 9 == 0:
            page = world.rows["pageview"][-1]
            page["leave_ts"] = page["event_time"] + timedelta(
                seconds=random.choice([5, 10, 11, 90])
            )
    # Exactly 30 minutes apart is one visit, a second more is two.
    world.visit("gap", "2026-10-12 10:00:00", "email")
    world.visit("gap", "2026-10-12 10:30:00", "direct")
    world.visit("gap", "2026-10-12 11:00:01", "direct")
    # A visit over midnight, and the last second of a day and of a month.
    world.visit("owl", "2026-10-31 23:59:59", "sem_baidu", pages=2, campaign="bd_brand")
    world.visit("lark", "2026-11-01 00:00:00", "sem_baidu", campaign="bd_brand")
    world.visit("tomorrow", "2026-11-20 23:59:59", "direct")
    world.visit("tomorrow2", "2026-11-21 00:00:00", "direct")
    # Bots, own staff, test rows and a clock that is ahead.
    world.visit("bot", "2026-10-12 10:00:00", "direct", ua="Mozilla Googlebot/2.1")
    world.visit("own", "2026-10-12 10:00:00", "direct", ip_hash="ip-office")
    world.visit("test", "2026-10-12 10:00:00", "direct", is_test=True)
    world.visit("ahead", "2026-10-14 10:00:00", "direct", received_at=at("2026-10-13 10:00:00"))
    world.visit("close", "2026-10-14 00:05:00", "direct", received_at=at("2026-10-13 23:55:00"))
    # A copy that arrived later, with another time.
    first = dict(world.rows["pageview"][-1], event_id="copied", anonymous_id="twice")
    world.add("pageview", **first)
    world.add("pageview", **{**first, "event_time": at("2026-10-20 10:00"),
                             "received_at": at("2026-10-20 10:00")})  # fmt: skip
    # Registers on the seventh day after the visit; the other one on the eighth.
    world.visit("r7", "2026-10-20 10:00:00", "email")
    world.form("r7", "2026-10-27 23:59:59", "ph7", "register")
    world.visit("r8", "2026-10-20 10:00:00", "email")
    world.form("r8", "2026-10-28 00:00:00", "ph8", "register")


def make() -> Rows:
    """Every input row of the world, by entity."""
    world = World()
    for part in (conversions, subscriptions, spend, product, traffic):
        part(world)
    return world.rows
