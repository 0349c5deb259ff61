"""The night of one as_of, in its order: wait, build, audit, publish, upkeep.

The steps can be called one by one in processes of their own (Airflow's tasks); what one leaves for
the next is in files. Every step can be repeated, and a step that was killed starts over.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from throughline import disk, fault, landing
from throughline.errors import FenceError, ThroughlineError
from throughline.fence import Fence, taken
from throughline.landing import Outcome
from throughline.night_alerts import report_batches, report_checks, report_domain
from throughline.night_checks import SHARED_LAYERS, judge_layers, stop_on
from throughline.night_report import NightReport, read_report, run_of, write_report
from throughline.night_upkeep import upkeep
from throughline.nights import interval
from throughline.publish import audit_candidate, build_candidate
from throughline.publish import publish as publish_candidate
from throughline.publish.swap import is_intact, release_path
from throughline.settings import Settings
from throughline.timing import timed
from throughline.warehouse import Run, plan, served_run
from throughline.warehouse import build as build_warehouse
from throughline.warehouse.build import Touched
from throughline.warehouse.runs import active_domains

POLL_SECONDS = 2.0


def run(settings: Settings, as_of: date) -> NightReport:
    """Do the whole night; with nothing changed since it was published, do nothing.

    Raises:
        BuildError: an input or a model failed.
        CheckFailed: a critical check did not pass; the last release stays served.
        FenceError: a newer run took over.
    """
    wait_for_outcomes(settings, as_of)
    build(settings, as_of)
    audit(settings, as_of)
    report = publish(settings, as_of)
    upkeep(settings, as_of)
    return report


def wait_for_outcomes(
    settings: Settings,
    as_of: date,
    poll_seconds: float = POLL_SECONDS,
    begun: datetime | None = None,
) -> dict[str, Outcome | None]:
    """Wait until every domain with a source has said its outcome, or the cutoff is over.

    The cutoff counts from the end of the night's interval, or from `begun` where the night began
    later (the scheduler was off, or somebody started it by hand).
    A domain that is missing, held or failed opens an incident, and the night goes on without its
    new data; one that is ok ends the incidents of earlier nights. What the input gate warned of in
    this night's batches is told too.
    """
    due = interval(settings, as_of)[1]
    cutoff = max(due, begun or due) + timedelta(minutes=settings.night.cutoff_minutes)
    while True:
        found = {
            domain: landing.read_outcome(settings, domain, as_of)
            for domain in active_domains(settings)
        }
        if all(found.values()) or datetime.now(settings.zone) >= cutoff:
            break
        time.sleep(poll_seconds)
    fault.point("night.waited")
    for domain, outcome in found.items():
        report_domain(settings, as_of, domain, outcome)
    report_batches(settings, as_of)
    return found


def build(settings: Settings, as_of: date) -> NightReport:
    """Build the work file: the shared layers, their gate, then the stage tables.

    Raises:
        BuildError: an input or a model failed.
        CheckFailed: a critical check of staging or core did not pass.
        FenceError: a newer run took over.
        RoomError: the disk or its budget has no room for it; nothing was begun.
    """
    planned = plan(settings, as_of)
    report = NightReport.of(planned)
    if is_done(settings, planned):
        released = str(release_path(settings, planned.run_id))
        return write_report(settings, report.but(status="unchanged", release=released))
    with taken(settings, planned.run_id, as_of) as fence, _told(settings, report, "build"):
        disk.admit(settings, as_of)
        write_report(settings, report)

        def gate(work_file: Path, touched: Touched) -> None:
            with timed(report.seconds, "checks_core"):
                report.checks.extend(judge_layers(settings, as_of, work_file, touched))
            stop_on(report.checks, "staging and core; nothing is published")
            fence.check()

        built = build_warehouse(settings, planned, gate, report.seconds)
        fence.check()
        return write_report(
            settings,
            report.but(
                status="built",
                models={f"{run.schema}.{run.model}": run.seconds for run in built.runs},
                rebuilt=list(built.rebuilt),
                touched={name: [str(day) for day in days] for name, days in built.touched.items()},
            ),
        )


def audit(settings: Settings, as_of: date) -> NightReport:
    """Copy what `build` left into a candidate, and judge it.

    Raises:
        CheckFailed: a critical check of the candidate did not pass; the candidate is kept.
        FenceError: another run took the work file or the night.
    """
    report = read_report(settings, as_of)
    if report.status == "unchanged":
        return report
    with _continued(settings, report, "audit") as (_, planned):
        before = [check for check in report.checks if check.layer in SHARED_LAYERS]
        with timed(report.seconds, "copy"):
            candidate = build_candidate(settings, planned, before)
        with timed(report.seconds, "checks_candidate"):
            results = audit_candidate(settings, planned)
        report.checks[:] = [*before, *results]
        report_checks(settings, as_of, results)
        stop_on(results, f"the candidate {candidate.path}, which is kept")
        return write_report(
            settings,
            report.but(
                status="audited",
                tables=candidate.rows,
                left_out=list(candidate.left_out),
                null_columns=list(candidate.nulled),
            ),
        )


def publish(settings: Settings, as_of: date) -> NightReport:
    """Serve what `audit` passed; a back-dated run becomes a release that is not served.

    Raises:
        PublishError: there is no candidate that passed.
        FenceError: a newer run took over; nothing is published.
    """
    report = read_report(settings, as_of)
    if report.status == "unchanged":
        return report
    with _continued(settings, report, "publish") as (fence, planned):
        with timed(report.seconds, "publish"):
            release = publish_candidate(settings, planned, fence)
        return write_report(settings, report.but(status="published", release=str(release)))


def is_done(settings: Settings, planned: Run) -> bool:
    """Whether this very run is served already (a back-dated one: is released already)."""
    whole = is_intact(release_path(settings, planned.run_id), planned.run_id)
    if planned.backdated or not whole:
        return whole
    return served_run(settings) == (planned.run_id, planned.as_of)


@contextmanager
def _continued(settings: Settings, report: NightReport, step: str) -> Iterator[tuple[Fence, Run]]:
    """Take the fence for a later step of a run, unless a newer run owns the night by now."""
    planned = run_of(settings, report)
    with taken(settings, report.run_id, planned.as_of) as fence, _told(settings, report, step):
        newest = read_report(settings, planned.as_of)
        if newest.run_id != report.run_id:
            raise FenceError(
                f"run {newest.run_id} took over the night of {report.as_of} from {report.run_id}"
            )
        yield fence, planned


@contextmanager
def _told(settings: Settings, report: NightReport, step: str) -> Iterator[None]:
    """Keep the instant a step began, and the error of one that failed, in the report."""
    begun = datetime.now(UTC).isoformat()
    report.steps[step] = [begun, begun]
    try:
        yield
    except FenceError:
        raise
    except ThroughlineError as error:
        write_report(settings, report.but(status="failed", error=str(error)))
        raise
