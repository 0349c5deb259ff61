"""Keep a stack alive that `throughline up` started: `python -m throughline.local.keeper`.

Every few seconds it delivers alerts that are due and starts components again that have died; every
minute it looks for silence. Once a business date is over it extends the demo's data by it, before
the scheduled night reads it.
"""

import logging
import time
from datetime import timedelta

from throughline.errors import ThroughlineError
from throughline.local import demo_dates, demo_files, demo_run, stack
from throughline.nights import yesterday
from throughline.settings import Settings, load_settings

_PAUSE_SECONDS = 5
log = logging.getLogger("throughline.keeper")


def main() -> None:
    """Go on until stopped by a signal."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    settings = load_settings()
    while True:
        for duty in (_revive, _watch, _deliver, extend_demo):
            try:
                duty(settings)
            except (ThroughlineError, OSError) as error:
                log.error("%s: %s", duty.__name__, error)
        time.sleep(_PAUSE_SECONDS)


def extend_demo(settings: Settings) -> None:
    """Generate the demo's data up to yesterday and bring its CRM there, if they are not yet."""
    newest = yesterday(settings)
    reached = demo_dates.generated_until(settings)
    if settings.demo.end is not None or (reached is not None and reached >= newest):
        return
    demo_files.generate(settings, newest)
    demo_run.load_crm(settings, newest)
    log.info("demo data reaches %s", newest)


def _revive(settings: Settings) -> None:
    stack.revive(settings, schedule=True, say=log.warning)


def _watch(settings: Settings) -> None:
    from throughline.watchdog import watch

    watch(settings, pause=timedelta(minutes=1))


def _deliver(settings: Settings) -> None:
    from throughline import alerts

    alerts.deliver(settings)


if __name__ == "__main__":
    main()
