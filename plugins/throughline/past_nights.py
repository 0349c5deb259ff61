"""What the last nights came to: outcomes of the domains, the report, the checks that failed."""

from datetime import date
from typing import Any

from throughline.settings import DOMAINS, Settings


def known_nights(settings: Settings) -> list[date]:
    """Nights that a domain said an outcome of, oldest first."""
    folders = settings.outcomes.glob("????-??-??")
    return sorted(date.fromisoformat(folder.name) for folder in folders)


def night_facts(settings: Settings, as_of: date) -> dict[str, Any]:
    """Outcomes and their details by domain, the report's status, and the checks that failed."""
    from throughline import landing
    from throughline.night_report import read_report, report_path

    outcomes = {name: landing.read_outcome(settings, name, as_of) for name in DOMAINS}
    report = read_report(settings, as_of) if report_path(settings, as_of).exists() else None
    return {
        "as_of": as_of.isoformat(),
        "outcomes": {name: found.status for name, found in outcomes.items() if found},
        "details": {name: found.detail for name, found in outcomes.items() if found},
        "lifecycle": report.status if report else None,
        "error": report.error if report else None,
        "run_id": report.run_id if report else None,
        "failed_checks": [
            f"{result.suite}: {result.expectation}"
            for result in (report.checks if report else [])
            if result.status in ("fail", "error")
        ],
    }
