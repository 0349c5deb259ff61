"""Keep the demo company's data up to yesterday on a server: `python -m throughline.server.demo`.

Its chat desk answers meanwhile, at the port of the connection `demo_desk`. An error ends it, and
the restart policy begins anew: generating and loading can be repeated.
"""

import logging
import tempfile
import time
from datetime import date
from pathlib import Path

from throughline.connect.connections import read_service, site_of
from throughline.demo import desk
from throughline.local import demo_files, demo_run
from throughline.nights import yesterday
from throughline.settings import Settings, load_settings

_PAUSE_SECONDS = 60
log = logging.getLogger("throughline.demo")


def main() -> None:
    """Go on until stopped by a signal."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    settings = load_settings()
    _mark().unlink(missing_ok=True)
    service = read_service(settings, desk.CONNECTION)
    with desk.serving(settings, "0.0.0.0", site_of(service.base)[2], service.password):
        while True:
            _extend(settings)
            time.sleep(_PAUSE_SECONDS)


def _extend(settings: Settings) -> None:
    until = wanted(settings)
    if reached() != until:
        demo_files.generate(settings, until)
        demo_run.load_crm(settings, until)
        remember(until)
        log.info("files and CRM of the demo company reach %s", until)


def wanted(settings: Settings) -> date:
    """The business date that the demo's data should reach."""
    return settings.demo.end or yesterday(settings)


def reached() -> date | None:
    """The business date that the running process has brought files and CRM to."""
    mark = _mark()
    return date.fromisoformat(mark.read_text(encoding="utf-8")) if mark.exists() else None


def remember(until: date) -> None:
    """Write down that files and CRM reach this date."""
    _mark().write_text(until.isoformat(), encoding="utf-8")


def _mark() -> Path:
    """Lies in the container's own temporary folder: what a dead process did does not count."""
    return Path(tempfile.gettempdir()) / "throughline-demo-reaches"


if __name__ == "__main__":
    main()
