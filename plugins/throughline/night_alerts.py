"""Incidents that the night itself opens: domains that did not deliver, checks that did not pass."""

from collections.abc import Sequence
from datetime import date

from throughline.checks.results import CheckResult
from throughline.landing import Outcome
from throughline.settings import Settings

OWNER = "data-platform"
STALE = "tables of this domain end at their last good night"


def report_domain(settings: Settings, as_of: date, domain: str, outcome: Outcome | None) -> None:
    """Open an incident for a domain whose outcome is missing, held or failed."""
    from throughline.alerts import report_incident

    missing = outcome is None
    report_incident(
        settings,
        kind="cutoff" if missing else "outcome",
        subject=f"domain.{domain}",
        owner=_owner(settings, domain),
        severity="critical" if missing else "warning",
        summary=f"{domain} did not deliver before the cutoff"
        if outcome is None
        else f"{domain} {outcome.status}: {outcome.detail}",
        blocks=STALE,
        command=f"throughline status --as-of {as_of}",
        window=as_of.isoformat(),
        detail="" if outcome is None else outcome.detail,
    )


def report_checks(settings: Settings, as_of: date, results: Sequence[CheckResult]) -> None:
    """Tell each owner once a night what did not pass, criticals and warnings apart."""
    from throughline import alerts

    alerts.report_checks(
        settings,
        results,
        window=as_of.isoformat(),
        blocks="tonight's release; the last one stays served",
        command=f"throughline status --as-of {as_of}",
        subject="checks",
    )


def _owner(settings: Settings, domain: str) -> str:
    from throughline.source_folders import load_sources

    owners = [s.owner for s in load_sources(settings).values() if s.domain == domain]
    return owners[0] if owners else OWNER
