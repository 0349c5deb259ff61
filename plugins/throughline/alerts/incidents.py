"""Open and close incidents; whatever goes wrong here, the pipeline that reports goes on."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from throughline.alerts import spool, state
from throughline.alerts.delivery import apply, deliver
from throughline.alerts.incident import Incident, Recovery, Severity
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
    parts: Mapping[str, str] | None = None,
) -> None:
    """Record an incident and try once to deliver its messages; never raises.

    `kind` (check, task, cutoff, publish …), `subject` and `window` name the incident: the same
    three again count it up and send nothing. `blocks` says what it blocks and what is served
    meanwhile, `command` how to look closer; `parts` are the single failures folded into it, each
    with a line of detail. Where the state database cannot be reached the report
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
        parts=dict(parts or {}),
    )
    _enter(settings, [incident])


def report_passed(
    settings: Settings,
    kinds: Sequence[str],
    subjects: Sequence[str],
    window: str,
    parts: Sequence[str] = (),
) -> None:
    """Resolve the incidents that are over now that these subjects passed; never raises.

    Meant are incidents of `window` and, where it is a date, of earlier ones. A subject that ends
    in `.` stands for all that begin with it. With `parts` (and no subject) single failures are
    over; their incident is when all of its parts are.
    """
    if settings.state_url is None and not spool.count(settings):
        return  # nothing was ever reported
    now = datetime.now(UTC)
    named = [""] if parts else subjects
    _enter(
        settings,
        [Recovery(tuple(kinds), subject, window, now, tuple(parts)) for subject in named],
    )


def _enter(settings: Settings, reports: Sequence[Incident | Recovery]) -> None:
    try:
        _record(settings, reports)
        deliver(settings, budget_seconds=10)
    except Exception:  # an alert must not take down what it reports on
        log.exception("could not be recorded: %s", reports)


def _record(settings: Settings, reports: Sequence[Incident | Recovery]) -> None:
    left = list(reports)
    try:
        with state.connect(settings) as connection:
            while left:
                apply(connection, settings, left[0])
                left.pop(0)
    except state.unreachable() as error:
        log.warning("state database: %s; %d reports are spooled", error, len(left))
        for report in left:
            spool.write(settings, report)
