"""Airflow's REST API on the loopback interface: health, pools, runs, task instances."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from throughline.local import airflow, processes
from throughline.local.processes import StackError, Unanswered
from throughline.settings import Settings

_TIMEOUT_SECONDS = 60
_PAGE = 100
FINISHED = ("success", "failed")


@dataclass(frozen=True)
class DagRun:
    """One run of a DAG; `state` is Airflow's: queued, running, success, failed."""

    dag_id: str
    run_id: str
    state: str
    logical_date: datetime | None


@dataclass(frozen=True)
class TaskState:
    """One task of a run; `state` is None before the scheduler has looked at it."""

    dag_id: str
    task_id: str
    state: str | None
    seconds: float | None


class Airflow:
    """The API of a running Airflow; a token is got once."""

    def __init__(self, base_url: str) -> None:
        import httpx

        self._http = httpx.Client(base_url=base_url, timeout=_TIMEOUT_SECONDS)

    def health(self) -> dict[str, str]:
        """Status of each component and of the execution API; what does not answer is `starting`."""
        import httpx

        try:
            parts = self._http.get("/api/v2/monitor/health").json()
            execution = self._http.get("/execution/health").json()
        except (httpx.HTTPError, ValueError):
            return {"api-server": "starting"}
        known = {name: str(part.get("status") or "starting") for name, part in parts.items()}
        return {**known, "execution-api": str(execution.get("status"))}

    def login(self, credentials: dict[str, str] | None = None) -> None:
        """Get a token for all further calls, as everybody on loopback may, or as this user."""
        if credentials is None:
            token = self._call("GET", "/auth/token")["access_token"]
        else:
            token = self._call("POST", "/auth/token", credentials)["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def ensure_pool(self, name: str, slots: int, description: str) -> None:
        """Create a pool unless there is one of this name."""
        body = {"name": name, "slots": slots, "description": description}
        self._call("POST", "/api/v2/pools", body, accept=(409,))

    def dag_ids(self) -> set[str]:
        """Ids of the DAGs the dag-processor has parsed so far."""
        found = self._call("GET", f"/api/v2/dags?limit={_PAGE}")
        return {dag["dag_id"] for dag in found["dags"]}

    def import_errors(self) -> dict[str, str]:
        """Files that did not parse, with their stack traces."""
        found = self._call("GET", f"/api/v2/importErrors?limit={_PAGE}")
        return {item["filename"]: item["stack_trace"] for item in found["import_errors"]}

    def trigger(self, dag_id: str, start: datetime, end: datetime) -> DagRun:
        """Start a run for the interval [start, end), whose logical date is `start`."""
        body = {
            "dag_run_id": f"night__{start.date()}",
            "logical_date": start.isoformat(),
            "data_interval_start": start.isoformat(),
            "data_interval_end": end.isoformat(),
        }
        return _dag_run(self._call("POST", f"/api/v2/dags/{dag_id}/dagRuns", body))

    def clear(self, run: DagRun) -> None:
        """Let a finished run do all its tasks again."""
        body = {"dry_run": False, "only_failed": False}
        self._call("POST", f"/api/v2/dags/{run.dag_id}/dagRuns/{run.run_id}/clear", body)

    def tasks_at(self, logical_date: datetime) -> list[TaskState]:
        """The tasks of all runs of one logical date."""
        path = f"/api/v2/dags/~/dagRuns/~/taskInstances?{_at(logical_date)}&limit={_PAGE}"
        found = self._call("GET", path)["task_instances"]
        return [
            TaskState(item["dag_id"], item["task_id"], item["state"], item["duration"])
            for item in found
        ]

    def runs_at(self, logical_date: datetime) -> dict[str, DagRun]:
        """The runs of one logical date, by DAG."""
        path = f"/api/v2/dags/~/dagRuns?{_at(logical_date)}&limit={_PAGE}"
        return {item["dag_id"]: _dag_run(item) for item in self._call("GET", path)["dag_runs"]}

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        accept: tuple[int, ...] = (),
    ) -> Any:
        import httpx

        try:
            answer = self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise Unanswered(f"Airflow's API did not answer {method} {path}: {error}") from error
        if answer.is_success or answer.status_code in accept:
            return answer.json()
        refusal = Unanswered if answer.is_server_error else StackError
        raise refusal(f"Airflow refused {method} {path}: {answer.status_code} {answer.text[:500]}")


@contextmanager
def connect(settings: Settings) -> Iterator[Airflow]:
    """Open the API of the Airflow that runs in this home, else of the one on a server.

    That one is at `settings.airflow_url`, and its user is in the environment.

    Raises:
        StackError: none runs.
        ConfigError: the server's user or password is not in the environment.
    """
    credentials = None
    if airflow.is_running(settings):
        client = Airflow(f"http://127.0.0.1:{airflow.api_port(settings)}")
    elif settings.airflow_url:
        credentials = {
            "username": settings.secret("THROUGHLINE_AIRFLOW_USER"),
            "password": settings.secret("THROUGHLINE_AIRFLOW_PASSWORD"),
        }
        client = Airflow(settings.airflow_url)
    else:
        raise StackError("Airflow is not running in this home; `throughline up` starts it")
    try:
        client.login(credentials)
        yield client
    finally:
        client.close()


def wait_until_healthy(settings: Settings, seconds: float = 240) -> None:
    """Wait until every component and the execution API report healthy.

    Raises:
        StackError: a process died or time ran out; the message says which and ends with its log.
    """
    client = Airflow(f"http://127.0.0.1:{airflow.api_port(settings)}")
    end = time.monotonic() + seconds
    health: dict[str, str] = {}
    try:
        while time.monotonic() < end:
            for process in processes.remembered(settings):
                if not process.alive:
                    tail = processes.log_tail(process)
                    raise StackError(f"{process.name} died while starting:\n{tail}")
            health = client.health()
            if all(status == "healthy" for status in health.values()):
                return
            time.sleep(0.5)
    finally:
        client.close()
    raise StackError(f"Airflow is not healthy after {seconds:.0f} s: {health}")


def _at(logical_date: datetime) -> str:
    at = logical_date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"logical_date_gte={at}&logical_date_lte={at}"


def _dag_run(item: dict[str, Any]) -> DagRun:
    at = item["logical_date"]
    logical = datetime.fromisoformat(at.replace("Z", "+00:00")) if at else None
    return DagRun(item["dag_id"], item["dag_run_id"], item["state"], logical)
