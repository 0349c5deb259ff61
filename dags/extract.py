"""Extract: one DAG per domain, one task per source, then the domain's outcome (ok, held, failed).

Each source is landed, conformed and judged for one night, those with most to do first. When a task
fails: `throughline status`, mend the source, clear the task; twice changes nothing. Owner: source.
"""

from datetime import timedelta

from airflow import sdk

from throughline.errors import ConfigError, SourceError
from throughline.failed_run import RUN_REPORTS, TASK_DEFAULTS
from throughline.nights import night_of
from throughline.settings import load_settings
from throughline.source_folders import load_sources

settings = load_settings()
sources = load_sources(settings).values()
hopeless = sdk.RetryRule(ConfigError, action=sdk.RetryAction.FAIL)


@sdk.task
def extract(source: str, logical_date=None) -> None:
    """Bring in one source for one night; what failed is tried again, what is there is kept."""
    from throughline.extract import extract_source

    report = extract_source(settings, source, night_of(settings, logical_date))
    if report.errors:
        raise SourceError("; ".join(report.errors))


@sdk.task
def outcome(domain: str, logical_date=None, ti=None) -> None:
    """Say how the domain's night ended, also when a source failed."""
    from throughline.extract import finish_domain

    states = ti.get_task_states(ti.dag_id, run_ids=[ti.run_id])[ti.run_id].items()
    failed = [name for name, state in states if state == "failed"]
    finish_domain(settings, domain, night_of(settings, logical_date), failed)


for domain in sorted({source.domain for source in sources}):
    with sdk.DAG(
        f"extract_{domain}",
        schedule=sdk.CronDataIntervalTimetable(settings.night.schedule, settings.business_tz),
        catchup=False,
        max_active_runs=1,
        default_args={
            **TASK_DEFAULTS,
            "retry_policy": sdk.ExceptionRetryPolicy(rules=[hopeless]),
            "execution_timeout": timedelta(hours=2),
        },
        **RUN_REPORTS,
        doc_md=__doc__,
    ):
        said = outcome(domain).as_teardown(on_failure_fail_dagrun=True)
        for s in [source for source in sources if source.domain == domain]:
            options = {"owner": s.owner, "priority_weight": len(s.entities)}
            extract.override(task_id=s.name, **options)(s.name) >> said
