"""The life of an incident: opened, repeated, acknowledged, resolved, opened again.

Each function is one transaction: the incident and the messages it owes are written together.
"""

from datetime import datetime, timedelta
from typing import Any

from throughline.alerts import owed, routes
from throughline.alerts import statements as sql
from throughline.alerts.incident import Incident, Recovery
from throughline.settings import Settings

FLAPS, FLAP_WINDOW = 3, timedelta(hours=24)
"""An incident that was resolved so often in so long is flapping when it opens again."""

FLAPPING_HOLD = timedelta(hours=1)
"""A flapping incident is called resolved only after it stayed so for this long."""


def record(connection: Any, settings: Settings, incident: Incident) -> None:
    """Open an incident, count it up, or open it again where it was over; commits."""
    reach = list(incident.blast_radius)
    given = {**incident.as_json(), "key": incident.key, "blast_radius": reach}
    row = connection.execute(sql.RECORD, given).fetchone()
    is_new = row["occurrences"] == 1
    is_over = row["resolved_at"] is not None and row["resolved_at"] < incident.reported_at
    if is_over:
        limits = {"flaps": FLAPS, "since": incident.reported_at - FLAP_WINDOW}
        row = connection.execute(
            sql.REOPEN, {**given, **limits, "incident_id": row["incident_id"]}
        ).fetchone()
    if incident.parts and row["resolved_at"] is None:
        names, details = list(incident.parts), list(incident.parts.values())
        connection.execute(sql.PARTS, [row["incident_id"], incident.reported_at, names, details])
    if is_new or is_over:
        connection.execute(sql.SINCE, row)
        note(connection, row, "opened", incident.reported_at, "throughline")
        _tell(connection, settings, row, incident.reported_at)
    connection.commit()


def recover(connection: Any, settings: Settings, recovery: Recovery) -> int:
    """Resolve what a recovery ends and return how many incidents that were; commits."""
    given = {
        "kinds": list(recovery.kinds),
        "subject": recovery.subject,
        "window": recovery.window,
        "parts": list(recovery.parts),
        "scopes": list(recovery.scopes),
        "passed_at": recovery.passed_at,
    }
    if recovery.parts or recovery.scopes:
        touched = _ids(connection.execute(sql.PASS_PARTS, given))
        over = _ids(connection.execute(sql.WHOLE, [touched]))
    else:
        over = _ids(connection.execute(sql.PASSED, given))
    return resolve(connection, settings, over, "a later run", recovery.passed_at, recovery.reason)


def resolve(
    connection: Any,
    settings: Settings,
    incident_ids: list[int],
    who: str,
    at: datetime,
    reason: str = "",
) -> int:
    """Resolve incidents that are open and return how many those were; commits."""
    connection.execute(sql.LOCK, [incident_ids])
    ended = connection.execute(sql.RESOLVE, [at, who, reason, incident_ids]).fetchall()
    for incident in ended:
        note(connection, incident, "resolved", at, who)
    oldest_first = sorted(ended, key=lambda incident: incident["opened_at"])
    due = {found["incident_id"]: _due_at(settings, found, at) for found in ended}
    owed.resolved(connection, oldest_first, due, routes.stateful(settings))
    connection.commit()
    return len(ended)


def note(connection: Any, incident: dict[str, Any], event: str, at: datetime, who: str) -> None:
    """Add a line to an incident's history."""
    connection.execute(
        "insert into throughline.incident_events (incident_id, event, happened_at, who) "
        "values (%s, %s, %s, %s)",
        [incident["incident_id"], event, at, who],
    )


def _tell(connection: Any, settings: Settings, incident: dict[str, Any], at: datetime) -> None:
    """Owe the news, unless somebody acknowledged this very failure on an earlier night."""
    inherited = connection.execute(sql.INHERIT, incident).fetchone()
    if inherited:
        note(connection, incident, "acknowledged", at, inherited["acknowledged_by"])
        return
    due_at = routes.due_at(settings, incident["severity"], at)
    owed.opened(connection, incident, routes.channels(settings, incident["owner"]), due_at)


def _due_at(settings: Settings, incident: dict[str, Any], at: datetime) -> datetime | None:
    """When its end may be announced; of a flapping incident, when it stayed so for a while."""
    held = at + FLAPPING_HOLD if incident["is_flapping"] else at
    quiet = routes.due_at(settings, incident["severity"], held)
    return quiet or (held if incident["is_flapping"] else None)


def _ids(found: Any) -> list[int]:
    return sorted({row["incident_id"] for row in found.fetchall()})
