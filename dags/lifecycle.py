"""Lifecycle: build, check and publish all stages for one night, from what the domains delivered.

Waits until every domain has said its outcome or the cutoff is over, builds core and stage tables
with dbt in the work file, checks them, publishes one release, and removes what nothing needs any
more. When a task fails, the last
release stays served: read `throughline status`, mend the cause, clear the failed task. A run that
a newer one overtook refuses to publish. Owner: data-platform.
"""

from datetime import timedelta

from airflow import sdk

from throughline.errors import CheckFailed, ConfigError, FenceError, RoomError
from throughline.failed_run import RUN_REPORTS, TASK_DEFAULTS
from throughline.nights import night_of
from throughline.settings import load_settings

settings = load_settings()
certain = [CheckFailed, ConfigError, FenceError, RoomError]
hopeless = sdk.RetryRule(certain, action=sdk.RetryAction.FAIL)


@sdk.task(pool="default_pool", queue="default")
def wait_for_outcomes(logical_date=None, dag_run=None) -> None:
    """Wait for the domains; this holds no warehouse slot, an earlier night may still build."""
    from throughline import night

    as_of = night_of(settings, logical_date)
    night.wait_for_outcomes(settings, as_of, begun=dag_run.start_date)


@sdk.task
def do(step: str, logical_date=None) -> None:
    """Do one step of the night."""
    from throughline import night

    getattr(night, step)(settings, night_of(settings, logical_date))


with sdk.DAG(
    "lifecycle",
    schedule=sdk.CronDataIntervalTimetable(settings.night.schedule, settings.business_tz),
    catchup=False,
    max_active_runs=1,
    default_args={
        "pool": "warehouse",
        "queue": "warehouse",
        **TASK_DEFAULTS,
        "retry_policy": sdk.ExceptionRetryPolicy(rules=[hopeless]),
        "execution_timeout": timedelta(hours=12),
    },
    **RUN_REPORTS,
    doc_md=__doc__,
):
    steps = [do.override(task_id=step)(step) for step in ("build", "audit", "publish", "upkeep")]
    sdk.chain(wait_for_outcomes(), *steps)
