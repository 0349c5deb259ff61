"""Incidents that the night opens and ends: domains that did not deliver, checks that failed."""

from collections.abc import Sequence
from datetime import date

from throughline import landing
from throughline.checks.results import CheckResult
from throughline.landing import Outcome
from throughline.settings import Settings

OWNER = "data-platform"
STALE = "tables of this domain end at their last good night"


def report_domain(settings: Settings, as_of: date, domain: str, outcome: Outcome | None) -> None:
    """Open an incident for a domain whose outcome is missing, held or failed.

    A domain that is ok ends the incidents of earlier nights; a held batch keeps its incident open.
    """
    from throughline.alerts import report_incident, report_passed

    subject = f"domain.{domain}"
    if outcome is not None and outcome.status == "ok":
        kinds = ["cutoff"] if _holds(settings, domain, as_of) else ["cutoff", "outcome"]
        report_passed(settings, kinds, [subject], as_of.isoformat())
        return
    report_incident(
        settings,
        kind="outcome" if outcome else "cutoff",
        subject=subject,
        owner=_owner(settings, domain),
        severity="warning" if outcome else "critical",
        summary=f"{domain} {outcome.status}: {outcome.detail}"
        if outcome
        else f"{domain} did not deliver before the cutoff",
        blocks=STALE,
        command=f"throughline status --as-of {as_of}",
        window=as_of.isoformat(),
        detail=outcome.detail if outcome else "",
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


def _holds(settings: Settings, domain: str, as_of: date) -> bool:
    """Whether a batch of the domain is held and no newer one took its place."""
    newest = {
        (batch.entity, batch.source, batch.window): batch.status
        for batch in landing.input_batches(settings, as_of)
        if batch.domain == domain
    }
    return "held" in newest.values()


def _owner(settings: Settings, domain: str) -> str:
    from throughline.source_folders import load_sources

    owners = [s.owner for s in load_sources(settings).values() if s.domain == domain]
    return owners[0] if owners else OWNER
