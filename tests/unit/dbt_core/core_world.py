"""Adversarial rows for the facts and dimensions: ties, gaps, duplicates, chains, hubs, merges."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

Row = dict[str, Any]
AS_OF = date(2024, 6, 30)
START = datetime(2024, 2, 26, 2, 0, tzinfo=UTC)
"""Three days before the leap day."""
CHAIN = 60
MOZILLA = "Mozilla/5.0 (Windows NT 10.0)"


def at(days: float = 0.0, seconds: float = 0) -> datetime:
    """An instant some days and seconds after START."""
    return START + timedelta(days=days, seconds=seconds)


def view(event_id: str, who: str, when: datetime, **more: Any) -> Row:
    """One page view, received a second after it happened."""
    return {
        "event_id": event_id, "anonymous_id": who, "event_time": when,
        "received_at": when + timedelta(seconds=1), "url": "https://www.own.example/a?b=1",
        "url_path": "/a", "site_id": "www", "ua": MOZILLA, "ip_hash": "ip-x", **more,
    }  # fmt: skip


def random_views(rng: Random) -> list[Row]:
    """Visits of 25 cookies whose pauses crowd around the timeout, with ties to the second."""
    rows = []
    pauses = (0, 0, 1, 600, 1799, 1800, 1800, 1801, 5000, 86_399, 86_400)
    for visitor in range(25):
        moment = at(rng.uniform(0, 100), 0).replace(microsecond=0)
        for step in range(rng.randrange(1, 14)):
            moment += timedelta(seconds=rng.choice(pauses))
            leave = rng.choice([None, None, moment + timedelta(seconds=rng.choice([0, 4, 90]))])
            rows.append(
                view(
                    f"r{rng.randrange(10**6):06d}-{visitor}-{step}",
                    f"ck{visitor}",
                    moment,
                    url_path=f"/{rng.randrange(5)}",
                    leave_ts=leave,
                    utm_source=rng.choice([None, " BaiDu ", "weibo", "nobody%20knows"]),
                    utm_medium=rng.choice([None, "cpc", "CPC", "social"]),
                    referrer=rng.choice([None, "https://m.baidu.com/s?w=1", "https://x.example/"]),
                )
            )
    return rows


def duplicates(rng: Random, rows: list[Row]) -> list[Row]:
    """Second copies of some events: other content, other dates, arriving earlier or later."""
    copies = []
    for row in rng.sample(rows, 60):
        shift = timedelta(days=rng.choice([-9, -1, 0, 0, 1, 9]), seconds=rng.choice([0, 0, 7]))
        copies.append({
            **row, "event_time": row["event_time"] + shift, "title": "again",
            "received_at": row["received_at"] + rng.choice([timedelta(0), shift, shift]),
        })  # fmt: skip
    return copies


def edge_views() -> list[Row]:
    """Midnight in Shanghai, clocks ahead, robots, own staff, tests."""
    midnight = datetime(2024, 3, 9, 16, 0, tzinfo=UTC)
    one = timedelta(seconds=1)
    return [
        view("m1", "night", midnight - one), view("m2", "night", midnight),
        view("m3", "night", midnight + one),
        view("leap", "leaper", datetime(2024, 2, 29, tzinfo=UTC)),
        view("skew", "ahead", at(40), received_at=at(39), leave_ts=at(40, 7)),
        view("trust", "ahead", at(40, 600), received_at=at(40)),
        view("bot", "robot", at(5), ua="x BAIDUSPIDER y"),
        view("own", "staff", at(5), ip_hash="own-ip"),
        view("login", "staff2", at(5), user_id="emp-1"),
        view("test", "tester", at(5), is_test=True),
        view("dsp", "tagged", at(6), utm_source="dsp_x", utm_medium="dsp"),
        view("gbk", "encoded", at(6), utm_source="%B0%D9%B6%C8", utm_medium="%FF"),
        view("sub", "searched", at(6), referrer="https://www.baidu.com/"),
        view("fake", "faked", at(6), referrer="https://notbaidu.com/"),
        view("self", "selfref", at(6), referrer="https://own.example/x"),
        view("list", "listed", at(6), referrer="https://blog.corp.example/x"),
        view("late", "late", at(7), received_at=at(27)),
    ]  # fmt: skip


def form(event_id: str, who: str, when: datetime, **more: Any) -> Row:
    """One form, received two seconds after it was sent."""
    return {
        "event_id": event_id, "anonymous_id": who, "event_time": when, "form_id": "f",
        "received_at": when + timedelta(seconds=2), "type": "demo", **more,
    }  # fmt: skip


def chain_forms() -> list[Row]:
    """A chain cookie - phone - cookie - mailbox - … of CHAIN forms, joined in scrambled order."""
    rows = []
    for link in range(CHAIN):
        contact = (
            {"phone_hash": f"cp{link // 2}"} if link // 2 % 2 else {"email_hash": f"ce{link // 2}"}
        )
        order = (link * 37) % CHAIN
        rows.append(form(f"ch{link}", f"cc{(link + 1) // 2}", at(10, order * 60), **contact))
    return rows


def random_forms(rng: Random) -> list[Row]:
    """Forms that share few phones and mailboxes; some in the same second."""
    return [
        form(
            f"rf{n}", f"ck{rng.randrange(25)}", at(rng.randrange(20), rng.randrange(3)),
            phone_hash=rng.choice([None, f"ph{rng.randrange(30)}"]),
            email_hash=f"em{rng.randrange(40)}",
        )
        for n in range(60)
    ]  # fmt: skip


def random_events(rng: Random) -> list[Row]:
    """Product events of few logins on shared cookies and devices."""
    rows = []
    for n in range(150):
        login = rng.choice([None, f"u{rng.randrange(12)}"])
        cookie = rng.choice([None, f"ck{rng.randrange(25)}"])
        when = at(rng.randrange(30), rng.randrange(4))
        rows.append({
            "event_id": f"ae{n}", "type": "track", "login_id": login, "anonymous_id": cookie,
            "event": rng.choice(["create_quote", "login", "Logout", "$AppStart", "unheard_of"]),
            "distinct_id": login or cookie or f"dist{n % 7}", "event_time": when,
            "received_at": when, "device_id": rng.choice([None, f"dv{rng.randrange(9)}"]),
            "company_id": rng.choice(["t1", "t2", "t9"]), "event_duration": 1.1, "ua": "SDK",
        })  # fmt: skip
    signup = {"type": "track_signup", "event": "$SignUp", "login_id": "u99", "original_id": "cc0"}
    when = at(60)
    rows.append(
        {**signup, "event_id": "su", "distinct_id": "u99", "event_time": when, "received_at": when}
    )
    return rows


def hub_leads() -> list[Row]:
    """A front desk's phone under seven names, a person with five phones, a merge chain."""
    desk = [lead(f"desk{n}", 30 + n, phone_hash="desk", name_hash=f"n{n}") for n in range(7)]
    phones = [
        lead(f"many{n}", 40, n, phone_hash=f"many-ph{n}", email_hash="many@", name_hash="one")
        for n in range(5)
    ]
    merged = [
        lead("mg1", 50, merged_into_id="mg2", phone_hash="mg-ph1"),
        lead("mg2", 51, merged_into_id="mg3", is_deleted=True),
        lead("mg3", 52, phone_hash="mg-ph3"),
        lead("ring1", 53, merged_into_id="ring2"), lead("ring2", 53, merged_into_id="ring1"),
    ]  # fmt: skip
    return [*desk, *phones, *merged]


def lead(lead_id: str, days: float, seconds: float = 0, **more: Any) -> Row:
    """One lead record."""
    return {"lead_id": lead_id, "created_at": at(days, seconds), "status": "new", **more}


def random_leads(rng: Random) -> list[Row]:
    """Leads with few phones, mailboxes and names over a year, many exactly 90 days apart."""
    rows = []
    for n in range(120):
        rows.append(lead(
            f"rl{n:03d}", -200 + 30 * rng.randrange(12), rng.choice([0, 0, 1]),
            phone_hash=rng.choice([None, f"lp{rng.randrange(25)}"]),
            email_hash=rng.choice([None, f"le{rng.randrange(25)}"]),
            company_name=rng.choice(
                [None, "示例\uff08中国\uff09有限公司", "示例有限公司", "其他公司"]
            ),
            name_hash=rng.choice([None, "na", "nb"]),
            channel_raw=rng.choice([None, "百度推广", "??"]),
        ))  # fmt: skip
    return rows
