"""Links, clicks, content and market events: what counts, what counts once, what counts nowhere."""

from core_world import MOZILLA, Row, at, view

HALF_HOUR = 1800


def links_views() -> list[Row]:
    """A visit of one view, thirty minutes after a click and thirty before another."""
    return [view("lk", "linked", at(50))]


def links_rows() -> dict[str, list[Row]]:
    """Rows of the entities that no other test of this folder needs."""
    return {
        "utm_link": LINKS,
        "link_click": [click(*given) for given in LINK_CLICKS] + ODD_CLICKS,
        "mkt_event": EVENTS,
        "mkt_registration": REGISTRATIONS,
        "content": CONTENTS,
        "content_event": CONTENT_EVENTS,
        "click": CLICKS,
    }


def click(click_id: str, who: str | None, seconds: float, code: str, **more: object) -> Row:
    """A click some seconds after the visit of `linked`."""
    return {
        "click_id": click_id, "anonymous_id": who, "ts": at(50, seconds), "short_code": code,
        "kind": "qr", "ua": MOZILLA, **more,
    }  # fmt: skip


def happened(event_id: str, days: float, **more: object) -> Row:
    """A click on a page, or something done with content, received a second later."""
    return {
        "event_id": event_id, "anonymous_id": "linked", "event_time": at(days),
        "received_at": at(days, 1), "ua": MOZILLA, "ip_hash": "ip-x", **more,
    }  # fmt: skip


LINKS: list[Row] = [
    {"short_code": "own", "channel_id": "event", "utm_source": "baidu", "utm_medium": "cpc"},
    {"short_code": "rule", "utm_source": " BaiDu ", "utm_medium": "CPC", "utm_campaign": "X%20Y "},
    {"short_code": "alone", "utm_source": "never_seen"},
    {"short_code": "bare"},
    {"short_code": "typo", "channel_id": "no_such", "utm_source": "dsp_x", "utm_medium": "dsp"},
]
LINK_CLICKS: list[tuple[str, str | None, float, str]] = [
    ("leads to it", "linked", -HALF_HOUR, "own"),
    ("too early", "linked", -HALF_HOUR - 1, "own"),
    ("falls into it", "linked", HALF_HOUR, "own"),
    ("too late", "linked", HALF_HOUR + 1, "rule"),
    ("scan", "scanner", 0, "bare"),
    ("unknown code", "scanner", 5, "never_registered"),
    ("no cookie", None, 0, "own"),
]
ODD_CLICKS: list[Row] = [
    click("twice", "scanner", 9, "typo"), click("twice", "scanner", 10, "own"),
    click("robot", "scanner", 20, "own", ua="a BaiduSpider b"),
    click("ours", "scanner", 21, "own", ip_hash="own-ip"),
    click("test", "scanner", 22, "own", is_test=True),
]  # fmt: skip
EVENTS: list[Row] = [
    {"event_id": "summit", "status": "held", "start_at": at(60), "campaign_id": "Summit"},
    {"event_id": "off", "status": "cancelled", "start_at": at(61)},
]
REGISTRATIONS: list[Row] = [
    {"event_id": event, "person_key": key, "registered_at": at(55), "checked_in_at": came, **more}
    for event, key, came, more in (
        ("summit", "known", at(60), {"phone_hash": "ph3"}),
        ("summit", "second key", at(60, 5), {"email_hash": "em-new"}),
        ("summit", "first key", at(60, 4), {"email_hash": "em-new"}),
        ("summit", "absent", None, {"email_hash": "em-absent"}),
        ("summit", "colleague", at(60), {"email_hash": "em-own", "email_domain": "Corp.example"}),
        ("summit", "nameless", at(60, 7), {}),
        ("off", "nameless", at(61), {}),
        ("unknown", "nameless", at(62), {}),
    )
]
CONTENTS: list[Row] = [
    {"content_id": "case", "type": "case", "published_at": at(0), "updated_at": at(1)},
    {"content_id": "case", "type": "case", "published_at": at(0), "withdrawn_at": at(9),
     "updated_at": at(9)},
    {"content_id": "gone", "type": "help", "is_deleted": True},
]  # fmt: skip
CONTENT_EVENTS: list[Row] = [
    happened("read", 3, content_id="case", kind="view", dwell_seconds=12.5),
    happened("shared", 3, content_id="case", kind="share", share_id="s1"),
    happened("crawled", 3, content_id="case", kind="view", ua="baiduspider"),
    happened("previewed", 3, content_id="case", kind="view", user_id="emp-1"),
    happened("ahead", 3, content_id="case", kind="view", received_at=at(2)),
    *(
        happened(
            event_id,
            3,
            content_id="case",
            kind="view",
            event_time=at(3, seconds),
            received_at=at(3, seconds),
        )
        for event_id, seconds in (("reread", HALF_HOUR), ("read later", 2 * HALF_HOUR + 1))
    ),
    happened("read in visit", 50, content_id="case", kind="view"),
    happened("read by login", 4, content_id="case", kind="view", anonymous_id=None, user_id="u3"),
]
CLICKS: list[Row] = [
    happened("pressed", 4, url_path="/a", element_selector="#buy", page_x_pct=0.5),
    happened("pressed", 5, url_path="/b", element_selector="#buy", received_at=at(6)),
    happened("inside", 4, url_path="/a", element_selector="#buy", ip_hash="own-ip"),
    happened("tried", 4, url_path="/a", element_selector="#buy", is_test=True),
    happened("came late", 4, url_path="/a", element_selector="#buy", received_at=at(34)),
]
