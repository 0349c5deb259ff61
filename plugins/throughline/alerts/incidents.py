"""Open incidents; whatever goes wrong here, the pipeline that reports goes on."""

import logging
from datetime import UTC, datetime

from throughline.alerts import outbox, spool
from throughline.alerts.delivery import deliver
from throughline.alerts.incident import Incident, Severity
from throughline.settings import Settings

log = logging.getLogger(__name__)


def report_incident(
    settings: Settings,
    *,
    kind: str,
    subject: str,
    owner: str,
    severity: Severity,
    summary: str,
    blocks: str,
    command: str,
    window: str,
    detail: str = "",
) -> None:
    """Record an incident and try once to deliver its messages; never raises.

    `kind` (check, task, cutoff, publish …), `subject` and `window` name the incident: the same
    three again count it up and send nothing. `blocks` says what it blocks and what is served
    meanwhile, `command` how to look closer. Where the state database cannot be reached the report
    waits in `<home>/alerts/spool` for the next delivery.
    """
    incident = Incident(
        kind=kind,
        subject=subject,
        window=window,
        owner=owner,
        severity=severity,
        summary=summary,
        blocks=blocks,
        command=command,
        detail=detail,
        reported_at=datetime.now(UTC),
    )
    try:
        _record(settings, incident)
        deliver(settings, budget_seconds=10)
    except Exception:  # an alert must not take down what it reports on
        log.exception("incident %s could not be recorded: %s", incident.key, incident.summary)


def _record(settings: Settings, incident: Incident) -> None:
    try:
        with outbox.connect(settings) as connection:
            outbox.record(connection, incident, outbox.channels(settings))
    except outbox.unreachable() as error:
        log.warning("state database: %s; incident %s is spooled", error, incident.key)
        spool.write(settings, incident)
