"""Incidents that the night itself opens: domains that did not deliver, checks that did not pass."""

from collections.abc import Sequence
from datetime import date

from throughline.checks.results import CheckResult, failed
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
    """Open one incident for each suite with results that neither passed nor were left out."""
    from throughline.alerts import report_incident

    suites: dict[str, list[CheckResult]] = {}
    for result in failed(results):
        suites.setdefault(result.suite, []).append(result)
    for suite, broken in sorted(suites.items()):
        critical = any(result.severity == "critical" for result in broken)
        report_incident(
            settings,
            kind="check",
            subject=suite,
            owner=broken[0].owner,
            severity="critical" if critical else "warning",
            summary=f"{len(broken)} checks of {suite} did not pass: {broken[0].expectation}",
            blocks="tonight's release; the last one stays served" if critical else "nothing",
            command=f"throughline check {suite} --as-of {as_of}",
            window=as_of.isoformat(),
            detail="\n".join(
                f"{r.expectation} ({r.severity}): {r.status}, observed {r.observed},"
                f" expected {r.expected}. {r.why}"
                for r in broken
            ),
        )


def _owner(settings: Settings, domain: str) -> str:
    from throughline.source_folders import load_sources

    owners = [s.owner for s in load_sources(settings).values() if s.domain == domain]
    return owners[0] if owners else OWNER
