"""Cookies on which several people log in, log out, read, use the product and leave forms."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import core_world as world

Row = dict[str, Any]
FAMILIES = 8


def family_rows(rng: Random) -> dict[str, list[Row]]:
    """Page views, product events and forms of the families."""
    rows: dict[str, list[Row]] = {"pageview": [], "app_event": [], "form_submit": []}
    for family in range(FAMILIES):
        for step in range(40):
            when = world.at(30 + rng.randrange(3), rng.randrange(90) * 600)
            _step(rng, rows, f"{family}-{step}", f"family{family}", when)
    return rows


def _step(
    rng: Random, rows: dict[str, list[Row]], number: str, cookie: str, when: datetime
) -> None:
    member = rng.choice([None, None, f"{cookie}-ma", f"{cookie}-pa", f"{cookie}-son"])
    match rng.randrange(5):
        case 0:
            view = world.view(f"fv{number}", cookie, when)
            rows["pageview"].append(view if member is None else {**view, "user_id": member})
        case 1:
            person = rng.randrange(4)
            rows["form_submit"].append(
                world.form(f"ff{number}", cookie, when, phone_hash=f"{cookie}-ph{person}")
            )
        case _:
            name = rng.choice(["create_quote", "create_quote", "$AppStart", "Logout"])
            rows["app_event"].append(_event(f"fe{number}", name, cookie, member, when))


def _event(event_id: str, name: str, cookie: str, login: str | None, when: datetime) -> Row:
    return {
        "event_id": event_id, "type": "track", "event": name, "login_id": login,
        "anonymous_id": cookie, "distinct_id": login or cookie, "event_time": when,
        "received_at": when + timedelta(seconds=1), "company_id": "t2", "ua": "SDK",
    }  # fmt: skip
