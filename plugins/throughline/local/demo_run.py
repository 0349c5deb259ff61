"""`throughline run`: the demo nights, from generated source systems to published releases.

Nights whose run (as_of, batch set, code) is published are done; when all are, nothing is started
but the report. Otherwise Airflow's scheduler runs the missing ones, oldest first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from throughline.local import (
    airflow,
    demo_dates,
    demo_files,
    postgres,
    processes,
    rest,
    scheduled,
    stack,
)
from throughline.local.progress import Progress
from throughline.settings import Settings


def run(settings: Settings, progress: Progress) -> bool:
    """Run what is missing of the demo nights; True when every night is published.

    Raises:
        StackError: the stack does not start, or a command of this home is at work already.
    """
    nights = demo_dates.demo_nights(settings)
    missing = unpublished(settings, nights)
    if not missing:
        progress.say(f"all {len(nights)} nights are published already; nothing to do")
        return True
    with stack.one_at_a_time(settings), _started(settings, progress, nights[-1]):
        results = [_night(settings, as_of, progress) for as_of in missing]
    return all(result.ok for result in results) and not unpublished(settings, nights)


def unpublished(settings: Settings, nights: list[date]) -> list[date]:
    """Nights that would build something there is no release of.

    Only as many of the newest nights are looked at as releases are kept.
    """
    from throughline.publish.swap import is_intact, release_path
    from throughline.warehouse.runs import plan

    kept = nights[-settings.releases.keep :]
    runs = {as_of: plan(settings, as_of).run_id for as_of in kept}
    return [
        as_of
        for as_of, run_id in runs.items()
        if not is_intact(release_path(settings, run_id), run_id)
    ]


def load_crm(settings: Settings, as_of: date) -> None:
    """Bring the demo's CRM database to the state at the end of a business date.

    It is in this home's own server, where there is one, else where the environment says.
    """
    from throughline import demo

    try:
        url = postgres.url(settings, "demo_crm")
    except processes.StackError:
        url = settings.connection("demo_crm")
    demo.load_crm(settings, url, as_of)


@contextmanager
def _started(settings: Settings, progress: Progress, until: date) -> Iterator[None]:
    if airflow.is_running(settings):
        progress.say("using the stack that is up")
        yield
        return
    with stack.stopped_at_the_end(settings):
        with demo_files.generating(settings, until) as generated:
            stack.start_servers(settings, progress.say)
            progress.say("PostgreSQL is up; starting Airflow and generating the demo company")
            stack.start_airflow(settings, schedule=False)
            generated()
            progress.say(f"demo company generated in {settings.demo_folder}")
            stack.wait_until_ready(settings, stack.expected_dags(settings))
        progress.say("Airflow is healthy")
        yield
        progress.say("stopping the stack")


def _night(settings: Settings, as_of: date, progress: Progress) -> scheduled.NightRuns:
    from throughline import alerts

    progress.say(f"[bold]night of {as_of}[/]")
    load_crm(settings, as_of)
    with rest.connect(settings) as api, progress.night():
        result = scheduled.run_night(
            settings,
            api,
            as_of,
            stack.expected_dags(settings),
            progress.watch,
            lambda: stack.revive(settings, schedule=False, say=progress.say),
            extract_again=False,
        )
    alerts.deliver(settings)
    word = "[green]succeeded[/]" if result.ok else "[red]failed[/]"
    progress.say(f"night of {as_of} {word} in {result.seconds:.0f} s")
    return result
