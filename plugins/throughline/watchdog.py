"""Notice silence: nothing fails, but no release becomes newer or no scheduler is there.

Runs outside Airflow. What it saw last is in `<home>/alerts/watch.json`.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from throughline.alerts.incident import PLATFORM
from throughline.alerts.incidents import report_incident, report_passed
from throughline.alerts.pruning import prune
from throughline.settings import Settings

TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True)
class Watch:
    """When the watch began and last looked, and when the scheduler was last known to be there."""

    since: datetime
    looked: datetime
    scheduler: datetime | None = None


def watch(
    settings: Settings, now: datetime | None = None, pause: timedelta = timedelta(0)
) -> list[str]:
    """Open an incident for each silence, end those that are over; return what is silent.

    Does nothing when it looked less than `pause` ago; once a day it lets the state database forget
    what is long over. A scheduler is missed where one is known: at `airflow_url`, or in a stack of
    this home that was not stopped.
    """
    now = now or datetime.now(UTC)
    known = _read(settings) or Watch(now, datetime.min.replace(tzinfo=UTC))
    if now - known.looked < pause:
        return []
    scheduler = _scheduler_seen(settings, known, now)
    _write(settings, Watch(known.since, now, scheduler))
    if known.looked.date() != now.date():
        prune(settings, now)
    release = _newest_release(settings) or known.since
    silent = []
    if _judge(settings, "release", release, now, settings.alerts.silence_minutes):
        silent.append("release")
    limit = settings.alerts.heartbeat_minutes
    if scheduler and _judge(settings, "scheduler", scheduler, now, limit):
        silent.append("scheduler")
    return silent


def last_look(settings: Settings) -> datetime | None:
    """When the watchdog last looked; None before its first look."""
    known = _read(settings)
    return known.looked if known else None


def _judge(settings: Settings, what: str, since: datetime, now: datetime, minutes: int) -> bool:
    """Whether it was silent for too long; tells that, or that it is over."""
    if now - since <= timedelta(minutes=minutes):
        today = now.astimezone(settings.zone).date()
        report_passed(settings, ["silence"], [what], today.isoformat())
        return False
    at = since.astimezone(settings.zone)
    said = {
        "release": "no release became newer since",
        "scheduler": "Airflow's scheduler gave no sign since",
    }
    report_incident(
        settings,
        kind="silence",
        subject=what,
        owner=PLATFORM,
        severity="critical",
        summary=f"{said[what]} {at:%Y-%m-%d %H:%M %Z}",
        blocks="everything new; the last release stays served",
        command="throughline status",
        window=at.date().isoformat(),
    )
    return True


def _newest_release(settings: Settings) -> datetime | None:
    written = [path.stat().st_mtime for path in settings.release_folder.glob("*.duckdb")]
    return datetime.fromtimestamp(max(written), UTC) if written else None


def _scheduler_seen(settings: Settings, known: Watch, now: datetime) -> datetime | None:
    """When the scheduler last gave a sign; None where there need not be one.

    While nobody watched, nobody can have missed it: then the time counts from now.
    """
    address = _airflow(settings)
    if address is None:
        return None
    unwatched = now - known.looked > timedelta(minutes=settings.alerts.heartbeat_minutes)
    before = now if unwatched or known.scheduler is None else known.scheduler
    return max(before, min(_heartbeat(address) or before, now))


def _airflow(settings: Settings) -> str | None:
    from throughline.local import airflow, processes

    if settings.airflow_url:
        return settings.airflow_url
    if not any(process.name == "scheduler" for process in processes.remembered(settings)):
        return None
    return f"http://127.0.0.1:{airflow.api_port(settings)}"


def _heartbeat(address: str) -> datetime | None:
    import httpx

    try:
        reply = httpx.get(f"{address}/api/v2/monitor/health", timeout=TIMEOUT_SECONDS)
        found = reply.json()["scheduler"]["latest_scheduler_heartbeat"]
        at = datetime.fromisoformat(found.replace("Z", "+00:00"))
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError, AttributeError):
        return None


def _file(settings: Settings) -> Path:
    return settings.home / "alerts" / "watch.json"


def _read(settings: Settings) -> Watch | None:
    try:
        given = json.loads(_file(settings).read_text(encoding="utf-8"))
        return Watch(**{k: v and datetime.fromisoformat(v) for k, v in given.items()})
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return None


def _write(settings: Settings, seen: Watch) -> None:
    path = _file(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}")
    given = {name: at and at.isoformat() for name, at in asdict(seen).items()}
    draft.write_text(json.dumps(given), encoding="utf-8")
    draft.replace(path)
