"""What happens when a task fails: it is tried again, then its run is reported as an incident.

The incident ends with the next run of the DAG in which no task fails.

Airflow calls the report from its dag-processor, not from the task: so also when the task's process
was killed on its last try (a task's own callback is not called then).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from throughline.nights import night_of
from throughline.settings import Settings, load_settings

TASK_DEFAULTS: dict[str, Any] = {
    "owner": "data-platform",
    "retries": 2,
    "retry_delay": timedelta(seconds=15),
    "retry_exponential_backoff": 4.0,
    "max_retry_delay": timedelta(minutes=2),  # the power counts tries of cleared runs, too
}

EXTRACT = "extract_"
_BLOCKS = {
    "lifecycle": "tonight's release; the last one stays served",
}


def report_failed_run(context: Mapping[str, Any]) -> None:
    """Open an incident for the failed task of a run; Airflow's callback context in.

    A fault is told once: a task that failed because critical checks did, by the incidents of those
    checks; a night without room, by that of the disk; a source, by the incident that the night
    opens for it as well.
    """
    settings = load_settings()
    dag, failed = context["dag"], context.get("ti")
    if dag.dag_id == "lifecycle" and _stopped_and_told(settings, context):
        return
    task_id = failed.task_id if failed else "run"
    if _told_by_the_night(settings, context, task_id):
        return
    _report_task(settings, context, task_id, dag.get_task(task_id).owner if failed else None)


def report_good_run(context: Mapping[str, Any]) -> None:
    """End the incidents of failed tasks of a DAG, this night's and earlier ones.

    A domain whose extract was done again after the night had missed it is over, too.
    """
    from throughline.alerts import report_passed
    from throughline.landing import read_outcome
    from throughline.night_alerts import report_domain

    settings = load_settings()
    dag_id = context["dag"].dag_id
    report_passed(settings, ["task"], [f"{dag_id}."], _window(settings, context))
    logical_date = context.get("logical_date")
    if dag_id.startswith(EXTRACT) and logical_date:
        domain, as_of = dag_id.removeprefix(EXTRACT), night_of(settings, logical_date)
        outcome = read_outcome(settings, domain, as_of)
        if outcome and outcome.status == "ok":
            report_domain(settings, as_of, domain, outcome)


def _report_task(
    settings: Settings, context: Mapping[str, Any], task_id: str, owner: str | None
) -> None:
    from throughline.alerts import report_incident

    dag = context["dag"]
    window = _window(settings, context)
    report_incident(
        settings,
        kind="task",
        subject=f"{dag.dag_id}.{task_id}",
        owner=owner or dag.default_args["owner"],
        severity="critical",
        summary=f"task {task_id} of {dag.dag_id} failed for the night of {window}",
        blocks=_BLOCKS.get(dag.dag_id, f"what {dag.dag_id} delivers; other domains go on"),
        command=f"throughline status --as-of {window}",
        window=window,
        detail=str(context.get("reason") or ""),
        run_id=str(context.get("run_id") or window),
    )


def _told_by_the_night(settings: Settings, context: Mapping[str, Any], task_id: str) -> bool:
    """Report a failed extract the way the night does, so that both are one incident."""
    from throughline.landing.reports import read_report
    from throughline.night_alerts import report_domain, report_source
    from throughline.source_folders import load_sources

    dag_id, logical_date = context["dag"].dag_id, context.get("logical_date")
    if not dag_id.startswith(EXTRACT) or not logical_date:
        return False
    as_of = night_of(settings, logical_date)
    if task_id in load_sources(settings):
        report = read_report(settings, task_id, as_of)
        why = "; ".join(report.errors) if report else ""
        report_source(settings, as_of, task_id, why or "its task did not end")
        return True
    if task_id == "outcome":
        report_domain(settings, as_of, dag_id.removeprefix(EXTRACT), None)
    return task_id == "outcome"


def _stopped_and_told(settings: Settings, context: Mapping[str, Any]) -> bool:
    from throughline.checks.results import blocking
    from throughline.disk import NO_ROOM
    from throughline.night_report import read_report, report_path

    logical_date = context.get("logical_date")
    if not logical_date or not report_path(settings, night_of(settings, logical_date)).exists():
        return False
    report = read_report(settings, night_of(settings, logical_date))
    told = blocking(report.checks) or (report.error or "").startswith(NO_ROOM)
    return report.status == "failed" and bool(told)


def _window(settings: Settings, context: Mapping[str, Any]) -> str:
    logical_date = context.get("logical_date")
    return str(night_of(settings, logical_date)) if logical_date else context["run_id"]


RUN_REPORTS: dict[str, Any] = {
    "on_failure_callback": report_failed_run,
    "on_success_callback": report_good_run,
}
