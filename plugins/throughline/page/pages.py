"""The views, and how they become HTML: Jinja2 that escapes everything it is given."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from throughline.page.alarms import read_incident, read_incidents
from throughline.page.judged import read_checks, read_night_checks
from throughline.page.overview import read_overview
from throughline.page.received import read_batch, read_batches, read_rejected
from throughline.page.served import read_freshness, read_served
from throughline.page.timeline import read_night, read_nights
from throughline.settings import Settings

FOLDER = Path(__file__).parent
_NOTHING = "-"


@dataclass(frozen=True)
class View:
    """One view: where it is, what draws it, what reads it."""

    name: str
    path: str
    template: str
    read: Callable[..., dict[str, Any]]


VIEWS = (
    View("overview", "/", "overview.html", read_overview),
    View("incidents", "/incidents", "incidents.html", read_incidents),
    View("incident", "/incidents/{incident_id}", "incident.html", read_incident),
    View("checks", "/checks", "checks.html", read_checks),
    View("night_checks", "/checks/{as_of}", "night_checks.html", read_night_checks),
    View("batches", "/batches", "batches.html", read_batches),
    View("batch", "/batches/{batch_id}", "batch.html", read_batch),
    View("rejected", "/rejected", "rejected.html", read_rejected),
    View("nights", "/nights", "nights.html", read_nights),
    View("night", "/nights/{as_of}", "night.html", read_night),
    View("releases", "/releases", "releases.html", read_served),
    View("freshness", "/freshness", "freshness.html", read_freshness),
)


def render(request: Request, template: str, values: dict[str, Any], status: int = 200) -> Response:
    """Draw a page; `root` is where the app is mounted, instants show the business time zone."""
    settings: Settings | None = None
    if status < 400:
        settings = request.app.state.settings()
    page = _environment().get_template(template)
    text = page.render(
        **{"who": None, **values},
        root=request.scope.get("root_path", ""),
        zone=settings.business_tz if settings else "UTC",
        at=lambda instant, form="%Y-%m-%d %H:%M": _at(settings, instant, form),
    )
    return HTMLResponse(text, status_code=status)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["number"] = lambda value: _NOTHING if value is None else f"{value:,}"
    made.filters["ticks"] = _ticks
    made.filters["seconds"] = _seconds
    made.filters["megabytes"] = lambda value: f"{value / 1e6:,.1f} MB"
    made.filters["day"] = lambda value: f"{value:%d %b}" if isinstance(value, date) else _NOTHING
    made.globals["parts"] = made.get_template("parts.html").module
    return made


def _at(settings: Settings | None, instant: datetime | str | None, form: str) -> str:
    if instant is None:
        return _NOTHING
    moment = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return f"{moment.astimezone(settings.zone) if settings else moment:{form}}"


def _ticks(text: str) -> Markup:
    """Escape a message and show what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _seconds(value: float) -> str:
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest:02d} s"
