"""Generate the demo's files in a process of its own: `python -m throughline.local.demo_files`."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

from throughline.local import demo_dates
from throughline.local.processes import StackError
from throughline.settings import Settings, load_settings, process_environment


def generate(settings: Settings, until: date) -> None:
    """Generate the demo's files up to a business date, unless they reach it already."""
    from throughline import demo

    reached = demo_dates.generated_until(settings)
    if reached is None or reached < until:
        demo.generate(settings, until)
        demo_dates.remember_generated(settings, until)


@contextmanager
def generating(settings: Settings, until: date) -> Iterator[Callable[[], None]]:
    """Generate beside what the block does; yields a function that waits for the end.

    Raises:
        StackError: from that function, when generating failed; the message ends with its output.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", "throughline.local.demo_files", until.isoformat()],
        env=process_environment(
            THROUGHLINE_CONFIG=str(settings.config_file), THROUGHLINE_HOME=str(settings.home)
        ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )

    def finish() -> None:
        _, said = child.communicate()
        if child.returncode != 0:
            raise StackError(f"the demo company was not generated:\n{said[-1500:]}")

    try:
        yield finish
    finally:
        if child.poll() is None:
            child.kill()
            child.communicate()


if __name__ == "__main__":
    generate(load_settings(), date.fromisoformat(sys.argv[1]))
