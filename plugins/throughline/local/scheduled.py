"""Run nights through Airflow's scheduler: trigger all DAGs for one logical date, wait, report."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from throughline.local.processes import StackError, Unanswered
from throughline.local.rest import FINISHED, Airflow, TaskState
from throughline.nights import interval
from throughline.settings import Settings

_POLL_SECONDS = 1.0
_LONGEST_SECONDS = 4 * 3600
UNANSWERED_SECONDS = 300
"""How long Airflow may be away while a night runs: its database restarts, a server is upgraded."""


@dataclass(frozen=True)
class NightRuns:
    """How the runs of one night ended: DAG id → state, and the wall time in seconds."""

    as_of: date
    states: dict[str, str]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether every run succeeded."""
        return all(state == "success" for state in self.states.values())


Watch = Callable[[date, list[TaskState]], None]
Answer = TypeVar("Answer")


def run_night(
    settings: Settings,
    api: Airflow,
    as_of: date,
    dag_ids: set[str],
    watch: Watch,
    idle: Callable[[], None] = lambda: None,
    *,
    extract_again: bool = True,
) -> NightRuns:
    """Run every DAG for one night and wait; `watch` hears task states, `idle` is called meanwhile.

    The lifecycle starts when all extracts have ended, so that it never waits for a dead one.
    A run that is under way is joined; one that has ended is cleared, so that it does its tasks
    again. Without `extract_again` extracts that succeeded are left as they are.

    Raises:
        StackError: the night takes longer than the cutoff and four hours, or Airflow's API is
            away for `UNANSWERED_SECONDS`.
    """
    begun = time.monotonic()
    states: dict[str, str] = {}
    for together in (dag_ids - {"lifecycle"}, dag_ids & {"lifecycle"}):
        again = extract_again or together == {"lifecycle"}
        ensure_runs(settings, api, as_of, together, again=again)
        states |= _wait(settings, api, as_of, together, watch, idle)
    return NightRuns(as_of, states, time.monotonic() - begun)


def _wait(
    settings: Settings,
    api: Airflow,
    as_of: date,
    dag_ids: set[str],
    watch: Watch,
    idle: Callable[[], None],
) -> dict[str, str]:
    start, _ = interval(settings, as_of)
    end = time.monotonic() + settings.night.cutoff_minutes * 60 + _LONGEST_SECONDS
    while time.monotonic() < end:
        runs, tasks = _patiently(api.runs_at, start), _patiently(api.tasks_at, start)
        watch(as_of, [task for task in tasks if task.dag_id in dag_ids])
        states = {dag_id: runs[dag_id].state for dag_id in dag_ids if dag_id in runs}
        if len(states) == len(dag_ids) and all(state in FINISHED for state in states.values()):
            return states
        time.sleep(_POLL_SECONDS)
        idle()
    raise StackError(f"the night of {as_of} does not end; see `throughline status`")


def _patiently(ask: Callable[[datetime], Answer], start: datetime) -> Answer:
    end = time.monotonic() + UNANSWERED_SECONDS
    while True:
        try:
            return ask(start)
        except Unanswered:
            if time.monotonic() > end:
                raise
            time.sleep(_POLL_SECONDS)


def ensure_runs(
    settings: Settings, api: Airflow, as_of: date, dag_ids: set[str], *, again: bool
) -> None:
    """Start the runs of a night; a failed one starts over, a succeeded one only with `again`."""
    start, end = interval(settings, as_of)
    known = _patiently(api.runs_at, start)
    for dag_id in sorted(dag_ids):
        run = known.get(dag_id)
        if run is None:
            api.trigger(dag_id, start, end)
        elif run.state == "failed" or (run.state == "success" and again):
            api.clear(run)
