"""Extract: one DAG per domain, one task per source system, then the domain's outcome.

Each source is landed, conformed and judged for one night (`as_of`, the business date of the logical
date). `outcome` says ok, held or failed for the domain; the lifecycle DAG waits for it and goes on
with what passed. When a task fails: read `throughline status`, mend the source, clear the task;
doing a night twice changes nothing. Owner: the source's, as its `source.yml` names it.
"""

from datetime import timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable, RetryAction, RetryRule, task, teardown
from airflow.sdk import ExceptionRetryPolicy as RetryPolicy

from throughline.errors import ConfigError
from throughline.failed_run import report_failed_run
from throughline.nights import night_of
from throughline.settings import DOMAINS, load_settings
from throughline.source_folders import load_sources

settings = load_settings()
sources = load_sources(settings).values()


@task
def extract(source: str, logical_date=None) -> None:
    """Bring in one source for one night."""
    from throughline.extract import extract_source

    extract_source(settings, source, night_of(settings, logical_date))


@teardown(on_failure_fail_dagrun=True)
def outcome(domain: str, logical_date=None, ti=None) -> None:
    """Say how the domain's night ended, also when a source failed."""
    from throughline.extract import finish_domain

    states = ti.get_task_states(ti.dag_id, run_ids=[ti.run_id])[ti.run_id]
    failed = [name for name, state in states.items() if state in ("failed", "upstream_failed")]
    finish_domain(settings, domain, night_of(settings, logical_date), failed)


for domain in (name for name in DOMAINS if name in {source.domain for source in sources}):
    with DAG(
        f"extract_{domain}",
        schedule=CronDataIntervalTimetable(settings.night.schedule, settings.business_tz),
        catchup=False,
        max_active_runs=1,
        default_args={
            "owner": "data-platform",
            "retries": 2,
            "retry_delay": timedelta(seconds=15),
            "retry_exponential_backoff": 4.0,
            "retry_policy": RetryPolicy(rules=[RetryRule(ConfigError, action=RetryAction.FAIL)]),
            "execution_timeout": timedelta(hours=2),
        },
        on_failure_callback=report_failed_run,
        doc_md=__doc__,
    ):
        owners = {source.name: source.owner for source in sources if source.domain == domain}
        [extract.override(task_id=n, owner=o)(n) for n, o in owners.items()] >> outcome(domain)
