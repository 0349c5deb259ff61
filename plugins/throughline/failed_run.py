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
}

_BLOCKS = {
    "lifecycle": "tonight's release; the last one stays served",
}


def report_failed_run(context: Mapping[str, Any]) -> None:
    """Open an incident for the failed task of a run; Airflow's callback context in.

    A task that failed because critical checks did is told of by the incidents of those checks.
    """
    from throughline.alerts import report_incident

    settings = load_settings()
    dag, failed = context["dag"], context.get("ti")
    if dag.dag_id == "lifecycle" and _stopped_by_checks(settings, context):
        return
    task_id = failed.task_id if failed else "run"
    owner = dag.get_task(task_id).owner if failed else dag.default_args["owner"]
    window = _window(settings, context)
    report_incident(
        settings,
        kind="task",
        subject=f"{dag.dag_id}.{task_id}",
        owner=owner,
        severity="critical",
        summary=f"task {task_id} of {dag.dag_id} failed for the night of {window}",
        blocks=_BLOCKS.get(dag.dag_id, f"what {dag.dag_id} delivers; other domains go on"),
        command=f"throughline status --as-of {window}",
        window=window,
        detail=str(context.get("reason") or ""),
    )


def report_good_run(context: Mapping[str, Any]) -> None:
    """End the incidents of failed tasks of a DAG, this night's and earlier ones."""
    from throughline.alerts import report_passed

    settings = load_settings()
    dag_id = context["dag"].dag_id
    report_passed(settings, ["task"], [f"{dag_id}."], _window(settings, context))


def _stopped_by_checks(settings: Settings, context: Mapping[str, Any]) -> bool:
    from throughline.checks.results import blocking
    from throughline.night_report import read_report, report_path

    logical_date = context.get("logical_date")
    if not logical_date or not report_path(settings, night_of(settings, logical_date)).exists():
        return False
    report = read_report(settings, night_of(settings, logical_date))
    return report.status == "failed" and bool(blocking(report.checks))


def _window(settings: Settings, context: Mapping[str, Any]) -> str:
    logical_date = context.get("logical_date")
    return str(night_of(settings, logical_date)) if logical_date else context["run_id"]


RUN_REPORTS: dict[str, Any] = {
    "on_failure_callback": report_failed_run,
    "on_success_callback": report_good_run,
}
