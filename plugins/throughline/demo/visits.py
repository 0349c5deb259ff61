"""Visitors: first touch, sessions, page views, forms."""

from dataclasses import dataclass
from random import Random

from throughline.demo import dirt
from throughline.demo.channels import Channel, observed_channel
from throughline.demo.ledger import Ledger
from throughline.demo.times import DAY, day_of, start_of

HOURS = (0, 1, 7, 8, 8, 9, 9, 9, 10, 10, 10, 11, 11, 12, 13, 14, 14, 15, 15, 16, 16, 17, 18, 19,
         20, 20, 21, 21, 22, 23)  # fmt: skip
PAGES = (("/", "home"), ("/product/erp", "product"), ("/product/scrm", "product"),
         ("/pricing", "pricing"), ("/case/retail", "case"), ("/blog/inventory", "blog"),
         ("/blog/crm-guide", "blog"), ("/demo", "demo"))  # fmt: skip
DEVICES = (("desktop", "Windows", "Chrome", 1920, 1080, "Mozilla/5.0 (Windows NT 10.0) Chrome/126"),
           ("desktop", "macOS", "Safari", 1440, 900, "Mozilla/5.0 (Macintosh) Safari/605"),
           ("mobile", "Android", "Chrome", 412, 915, "Mozilla/5.0 (Linux; Android 14) Chrome/126"),
           ("mobile", "iOS", "Safari", 390, 844, "Mozilla/5.0 (iPhone) Safari/605"))  # fmt: skip
BOTS = (("Baiduspider", "Mozilla/5.0 (compatible; Baiduspider/2.0)"),
        ("Googlebot", "Mozilla/5.0 (compatible; Googlebot/2.1)"),
        ("HeadlessChrome", "Mozilla/5.0 HeadlessChrome/126"))  # fmt: skip
OFFICE = ("203.0.113.7", "203.0.113.8")
"""Own addresses, from a block reserved for documentation."""
TERMS = ("进销存 软件", "erp 价格", "\uff25\uff32\uff30系统", "crm 怎么选", "报表 导出")
FORMS = ("register", "demo", "whitepaper", "contact")


@dataclass
class Visitor:
    """One cookie with its first touch; `utm` = (source, medium, campaign, term) or None."""

    cookie: str
    channel: Channel
    campaign: str
    utm: tuple[str, str, str, str | None] | None
    device: tuple
    ip: str
    kind: str | None
    first_second: int
    user_id: str | None = None

    @property
    def observed(self) -> str:
        """Channel that the first touch shows."""
        return observed_channel(self.channel, self.utm is not None)


def moment_of(rng: Random, day: int) -> int:
    """A second of the day, mostly in working hours."""
    return start_of(day) + HOURS[int(rng.random() * len(HOURS))] * 3600 + int(rng.random() * 3600)


def new_visitor(rng: Random, ledger: Ledger, day: int, serial: int, channel: Channel) -> Visitor:
    """Draw a visitor; 1 % are bots, 0.5 % sit in the own office, 8 % of utm values are lost."""
    chance = rng.random()
    kind = "bot" if chance < 0.01 else "internal" if chance < 0.015 else None
    device = DEVICES[int(rng.random() * len(DEVICES))]
    if kind == "bot":
        device = (*device[:5], BOTS[serial % len(BOTS)][1])
    address = f"100.{64 + serial % 64}.{serial // 64 % 256}.{1 + serial // 16384 % 250}"
    second = moment_of(rng, day)
    campaign = channel.campaigns[int(rng.random() * len(channel.campaigns))] if channel.utm else ""
    cookie = f"ck-{day:x}-{serial:05d}"
    return Visitor(
        cookie, channel, campaign, _utm(rng, ledger, channel, campaign, cookie, second), device,
        OFFICE[serial % 2] if kind == "internal" else address, kind, second,
    )  # fmt: skip


def _utm(rng, ledger, channel, campaign, cookie, second):
    if channel.utm is None:
        return None
    if rng.random() < 0.08:
        ledger.mark("null_utm", cookie, second)
        return None
    source, changed = dirt.typed_utm(rng, channel.utm[0])
    if changed:
        ledger.mark("utm_variant", cookie, second)
    term = None
    if channel.name == "sem_baidu":
        term = TERMS[int(rng.random() * len(TERMS))]
        if "\uff25" in term:
            ledger.mark("full_width_term", cookie, second)
    return source, channel.utm[1], campaign, term


def session(rng: Random, ledger: Ledger, visitor: Visitor, second: int, touch: bool) -> int:
    """Emit the page views of one visit from `second` on; return the second of its last page."""
    pages = 1 + min(11, int(rng.expovariate(0.45)))
    moment = second * 1000 + int(rng.random() * 1000)
    referrer = visitor.channel.referrer if touch else ""
    utm = visitor.utm if touch else None
    for step in range(pages):
        path, module = (
            PAGES[int(rng.random() * len(PAGES))] if step else PAGES[int(rng.random() * 3)]
        )
        stay = 2000 + int(rng.expovariate(1 / 45_000))
        leave = moment + stay if rng.random() < 0.7 else None
        view(rng, ledger, visitor, moment, path, module, referrer, utm, leave)
        referrer = f"https://www.throughline.example{path}"
        utm = None
        if step < pages - 1:
            moment += stay + 500
    return moment // 1000


def view(rng, ledger, visitor, moment, path, module, referrer, utm, leave) -> None:
    """Emit one page view, with whatever dirt falls on it."""
    happened, received, tag = dirt.arrival(rng, moment)
    identifier = f"pv-{moment:x}-{visitor.cookie[3:]}"
    row = (identifier, visitor, happened, received, path, module, referrer, utm, leave)
    ledger.emit("pageviews", day_of(received // 1000), (tag or visitor.kind, *row))
    doubled = dirt.twin(rng)
    if doubled == "duplicate_exact":
        ledger.emit("pageviews", day_of(received // 1000), (doubled, *row))
    elif doubled:
        later = received + 1000 + int(rng.random() * 60_000)
        again = (identifier, visitor, happened, later, path, module, referrer, utm, None)
        ledger.emit("pageviews", day_of(later // 1000), (doubled, *again))


def form(rng: Random, ledger: Ledger, visitor: Visitor, second: int, kind: str, **left: str) -> str:
    """Emit a submitted form (`left`: phone, email, company_name) and return its event id."""
    identifier = f"fm-{second:x}-{visitor.cookie[3:]}"
    moment = second * 1000 + 500
    received = moment + 300
    row = (identifier, visitor, moment, received, kind, left)
    ledger.emit("forms", day_of(received // 1000), (visitor.kind, *row))
    if dirt.twin(rng):
        ledger.emit("forms", day_of(received // 1000), ("duplicate_exact", *row))
    return identifier


def later_visits(rng: Random, ledger: Ledger, visitor: Visitor, busy: float) -> None:
    """Emit the visits after the first one; some come through the channel again.

    In a busy world there are as many times more, over the same days.
    """
    second = visitor.first_second
    while rng.random() < 1 - 0.6 / busy:
        days = 1 + int(rng.expovariate(0.12))
        second += int(DAY * days / busy) + int((rng.random() - 0.5) * 14_400 / busy)
        session(rng, ledger, visitor, second, rng.random() < 0.3)
