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
    run_id: str = "",
    blast_radius: Sequence[str] = (),
) -> None:
    """Record an incident and try once to deliver its messages; never raises.

    `kind` (check, task, cutoff, publish …), `subject` and `window` name the incident: the same
    three again count it up and send nothing. `blocks` says what it blocks and what is served
    meanwhile, `command` how to look closer; `parts` are the single failures folded into it, each
    with a line of detail; `run_id` is the run that found it, `blast_radius` the published tables
    and exposures made of what failed. Where the state database cannot be reached the report waits
    in `<home>/alerts/spool` for the next delivery.
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
        run_id=run_id,
        blast_radius=tuple(blast_radius),
        served=_served(settings),
    )
    _enter(settings, [incident])


def report_passed(
    settings: Settings,
    kinds: Sequence[str],
    subjects: Sequence[str],
    window: str,
    parts: Sequence[str] = (),
    reason: str = "",
) -> None:
    """Resolve the incidents that are over now that these subjects passed; never raises.

    Meant are incidents of `window` and, where it is a date, of earlier ones. A subject that ends
    in `.` stands for all that begin with it. With `parts` (and no subject) single failures are
    over; their incident is when all of its parts are. `reason` is given where they did not pass.
    """
    if _never_reported(settings):
        return
    now = datetime.now(UTC)
    named = [""] if parts else subjects
    _enter(
        settings,
        [
            Recovery(tuple(kinds), subject, window, now, tuple(parts), reason=reason)
            for subject in named
        ],
    )


def report_gone(
    settings: Settings,
    kinds: Sequence[str],
    window: str,
    scopes: Sequence[str],
    present: Sequence[str],
    reason: str,
) -> None:
    """End the single failures in these scopes that nobody judges any more; never raises.

    `scopes` are beginnings of their names (`lead.`), `present` those that were judged just now.
    """
    if _never_reported(settings):
        return
    now = datetime.now(UTC)
    found = Recovery(tuple(kinds), "", window, now, tuple(present), tuple(scopes), reason)
    _enter(settings, [found])


def _never_reported(settings: Settings) -> bool:
    return settings.state_url is None and not spool.count(settings)


def _served(settings: Settings) -> str:
    """The release that analysts read; empty without one."""
    return settings.current.readlink().stem if settings.current.is_symlink() else ""


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
