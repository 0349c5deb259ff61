"""Nights of the past, oldest first, one at a time; the first that fails ends it."""

from collections.abc import Sequence
from datetime import date

from throughline.errors import ThroughlineError
from throughline.local import rest, scheduled, stack
from throughline.local.progress import Progress
from throughline.settings import Settings


def scheduled_nights(settings: Settings, nights: Sequence[date], progress: Progress) -> bool:
    """Run nights through the scheduler of the stack that is up; True when all succeeded.

    Raises:
        StackError: Airflow does not run in this home.
    """
    dags = stack.expected_dags(settings)
    with rest.connect(settings) as api:
        for as_of in nights:
            progress.say(f"night of {as_of}")
            with progress.night():
                result = scheduled.run_night(settings, api, as_of, dags, progress.watch)
            progress.say(f"night of {as_of}: {'succeeded' if result.ok else 'failed'}")
            if not result.ok:
                return False
    return True


def here(settings: Settings, nights: Sequence[date], progress: Progress) -> bool:
    """Run nights in this process, without Airflow; True when all succeeded."""
    from throughline import extract, night
    from throughline.warehouse.runs import active_domains

    for as_of in nights:
        progress.say(f"night of {as_of}")
        for domain in active_domains(settings):
            outcome = extract.extract_domain(settings, domain, as_of)
            progress.say(f"  extract_{domain}: {outcome.status} {outcome.detail}")
        try:
            report = night.run(settings, as_of)
        except ThroughlineError as error:
            progress.say(f"  lifecycle: failed: {error}")
            return False
        progress.say(f"  lifecycle: {report}")
    return True
