"""Incidents that the night opens and ends: domains that did not deliver, checks that failed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from throughline import landing, lineage
from throughline.alerts.incident import PLATFORM
from throughline.checks.results import CheckResult
from throughline.landing import Outcome
from throughline.settings import Settings
from throughline.source_folders import Source, load_sources

STALE = "tables of this domain end at their last good night"


def report_domain(settings: Settings, as_of: date, domain: str, outcome: Outcome | None) -> None:
    """Open an incident for a domain whose outcome is missing, held or failed.

    Sources that failed have one each, for their owners. A domain that is ok ends the incidents of
    earlier nights; a held batch keeps its incident open.
    """
    from throughline.alerts import report_incident, report_passed

    if outcome is not None and outcome.status == "ok":
        kinds = ["cutoff"] if _holds(settings, domain, as_of) else ["cutoff", "outcome"]
        report_passed(settings, kinds, [f"domain.{domain}", f"{domain}."], as_of.isoformat())
        return
    sources = [source for source in load_sources(settings).values() if source.domain == domain]
    failed = [source.name for source in sources if outcome and source.name in outcome.failed]
    if outcome and failed:
        for name in failed:
            report_source(settings, as_of, name, outcome.failed[name])
        if not _holds(settings, domain, as_of):
            return
    report_incident(
        settings,
        kind="outcome" if outcome else "cutoff",
        subject=f"domain.{domain}",
        owner=sources[0].owner if sources else PLATFORM,
        severity="warning" if outcome else "critical",
        summary=f"{domain} {outcome.status}: {outcome.detail}"
        if outcome
        else f"{domain} did not deliver: no outcome for the night of {as_of}",
        blocks=STALE,
        command=f"throughline status --as-of {as_of}",
        window=as_of.isoformat(),
        detail=outcome.detail if outcome else "",
        run_id=as_of.isoformat(),
        blast_radius=_made_of(settings, sources),
    )


def report_source(settings: Settings, as_of: date, name: str, errors: str) -> None:
    """Open the incident of a source that failed; its task and its domain tell it together."""
    from throughline.alerts import report_incident

    source = load_sources(settings)[name]
    report_incident(
        settings,
        kind="outcome",
        subject=f"{source.domain}.{name}",
        owner=source.owner,
        severity="critical",
        summary=f"source {name} failed for the night of {as_of}: {errors}",
        blocks=STALE,
        command=f"throughline status --as-of {as_of}",
        window=as_of.isoformat(),
        detail=errors,
        run_id=as_of.isoformat(),
        blast_radius=_made_of(settings, [source]),
    )


def report_batches(settings: Settings, as_of: date) -> None:
    """Tell each owner once a night what the input gate warned of in batches that it let in.

    Held ones are told with their domain. Rates of rejected rows, volumes and ages are warnings.
    """
    from throughline import alerts

    warned = [
        replace(result, observed=f"{result.observed} in {batch.batch_id}")
        for batch in landing.input_batches(settings, as_of)
        if batch.as_of == as_of and batch.status == "passed"
        for result in (CheckResult(**given) for given in landing.gate_results(batch))
        if result.severity == "warning"
    ]
    alerts.report_checks(
        settings,
        warned,
        window=as_of.isoformat(),
        blocks="nothing",
        command=f"throughline batch list --as-of {as_of}",
        subject="batches",
        whole=False,  # not every entity brings a batch every night
        run_id=as_of.isoformat(),
    )


def report_checks(settings: Settings, as_of: date, results: Sequence[CheckResult]) -> None:
    """Tell each owner once a night what did not pass, criticals and warnings apart."""
    from throughline import alerts
    from throughline.night_report import read_report, report_path

    known = report_path(settings, as_of).exists()
    alerts.report_checks(
        settings,
        results,
        window=as_of.isoformat(),
        blocks="tonight's release; the last one stays served",
        command=f"throughline status --as-of {as_of}",
        subject="checks",
        run_id=read_report(settings, as_of).run_id if known else as_of.isoformat(),
        behind=lambda tables: lineage.behind(settings, tables),
    )


def _holds(settings: Settings, domain: str, as_of: date) -> bool:
    """Whether a batch of the domain is held and no newer one took its place."""
    newest = {
        (batch.entity, batch.source, batch.window): batch.status
        for batch in landing.input_batches(settings, as_of)
        if batch.domain == domain
    }
    return "held" in newest.values()


def _made_of(settings: Settings, sources: Sequence[Source]) -> list[str]:
    entities = {f"input.{entity}" for source in sources for entity in source.entities}
    return lineage.behind(settings, entities)
