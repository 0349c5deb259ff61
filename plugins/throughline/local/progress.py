"""Show how a run goes on: a live table on a terminal, one line per event elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from rich.console import Console
from rich.live import Live
from rich.table import Table

from throughline.local.rest import TaskState

_ENDED = {"success": "green", "failed": "red", "upstream_failed": "red", "skipped": "dim"}
_STYLES = {**_ENDED, "running": "cyan", "up_for_retry": "yellow"}


class Progress:
    """What has been said so far; `say` prints a line, `watch` follows the tasks of a night."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console()
        self._begun = time.monotonic()
        self._known: dict[tuple[date, str, str], str | None] = {}
        self._live: Live | None = None

    def say(self, text: str) -> None:
        """Print one line with the seconds since the start."""
        seconds = time.monotonic() - self._begun
        self.console.print(f"[dim]{seconds:6.1f} s[/]  {text}", highlight=False, soft_wrap=True)

    def watch(self, as_of: date, tasks: list[TaskState]) -> None:
        """Show the states of a night's tasks."""
        if self._live is not None:
            self._live.update(_table(as_of, tasks))
        for task in tasks:
            key = (as_of, task.dag_id, task.task_id)
            if self._known.get(key) != task.state:
                self._known[key] = task.state
                self._tell(task)

    @contextmanager
    def night(self) -> Iterator[None]:
        """Keep a live table while a night runs; without a terminal, nothing."""
        if not self.console.is_terminal:
            yield
            return
        with Live(console=self.console, refresh_per_second=4, transient=True) as live:
            self._live = live
            try:
                yield
            finally:
                self._live = None

    def _tell(self, task: TaskState) -> None:
        if task.state not in _ENDED and task.state != "up_for_retry":
            return
        style = _STYLES[task.state]
        took = f"{task.seconds:.1f} s" if task.seconds is not None else ""
        self.say(f"  {task.dag_id + '.' + task.task_id:<36} [{style}]{task.state}[/] {took}")


def _table(as_of: date, tasks: list[TaskState]) -> Table:
    table = Table(title=f"night of {as_of}", box=None, title_justify="left")
    for column in ("dag", "task", "state", "seconds"):
        table.add_column(column)
    for task in sorted(tasks, key=lambda task: task.dag_id):
        style = _STYLES.get(task.state or "", "dim")
        took = f"{task.seconds:.1f}" if task.seconds is not None else ""
        table.add_row(task.dag_id, task.task_id, f"[{style}]{task.state or 'waiting'}[/]", took)
    return table
