"""Whether a service does its work: `python -m throughline.server.health scheduler`.

Exit status 0 when it does, else 1 with a line that says why. A process that merely exists is not
healthy: Airflow's jobs must have given a sign lately, the API must reach its database and answer
tasks, a worker must answer on its queue, the watchdog must have looked.
"""

import socket
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from throughline.errors import ThroughlineError
from throughline.server import demo
from throughline.server.first_start import plain
from throughline.settings import Settings, load_settings

JOBS = {
    "scheduler": "SchedulerJob",
    "dag-processor": "DagProcessorJob",
    "triggerer": "TriggererJob",
}
"""Service → `job_type` in the table `job` of Airflow's metadata."""

MAX_SILENCE_SECONDS = 90
_ANSWER_SECONDS = 30


class Unhealthy(ThroughlineError):
    """A service does not do its work; the message says what is missing."""


def main() -> None:
    """Check the service that is named as the only argument."""
    service = sys.argv[1]
    settings = load_settings()
    try:
        check_of(service)(settings)
    except Exception as error:
        print(f"{service}: {type(error).__name__}: {error}")
        raise SystemExit(1) from None


def check_of(service: str) -> Callable[[Settings], None]:
    """Return the check of a service, which raises when the service is not healthy.

    Raises:
        KeyError: there is no service of this name.
    """
    checks = {
        "api-server": check_api,
        "worker": check_worker,
        "watchdog": check_watchdog,
        "demo": check_demo,
    }
    if service in JOBS:
        return lambda settings: check_job(settings, JOBS[service])
    return checks[service]


def check_job(settings: Settings, job_type: str) -> None:
    """A job of this type wrote its heartbeat not long ago.

    Raises:
        Unhealthy: it did not.
        psycopg.Error: the database does not answer.
    """
    import psycopg

    url = plain(settings.secret("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"))
    sql = """
        select extract(epoch from now() - max(latest_heartbeat))
        from job where job_type = %s and state = 'running'
    """
    with psycopg.connect(url, connect_timeout=10) as connection:
        (age,) = connection.execute(sql, [job_type]).fetchone() or (None,)
    if age is None or age > MAX_SILENCE_SECONDS:
        said = "never gave a sign" if age is None else f"gave no sign for {age:.0f} s"
        raise Unhealthy(f"{job_type} {said}")


def check_api(settings: Settings) -> None:
    """The API reaches its database, and the execution API that tasks call answers.

    Raises:
        Unhealthy: it does not.
        httpx.HTTPError: it does not answer at all.
    """
    import httpx

    address = f"http://127.0.0.1:{settings.secret('AIRFLOW__API__PORT')}"
    health = httpx.get(f"{address}/api/v2/monitor/health", timeout=_ANSWER_SECONDS).json()
    if health["metadatabase"]["status"] != "healthy":
        raise Unhealthy("the metadata database does not answer")
    answer = httpx.get(f"{address}/execution/health", timeout=_ANSWER_SECONDS)
    if answer.json().get("status") != "healthy":
        raise Unhealthy(f"the execution API answers {answer.status_code}")


def check_worker(settings: Settings) -> None:
    """The Celery worker of this container answers and consumes a queue.

    Raises:
        Unhealthy: it does not.
        kombu.exceptions.OperationalError: the broker does not answer.
    """
    from celery import Celery

    name = f"celery@{socket.gethostname()}"
    broker = settings.secret("AIRFLOW__CELERY__BROKER_URL")
    inspect = Celery(broker=broker).control.inspect(destination=[name], timeout=10, limit=1)
    if not (inspect.active_queues() or {}).get(name):
        raise Unhealthy(f"{name} does not answer or consumes no queue")


def check_watchdog(settings: Settings) -> None:
    """The watchdog looked not long ago.

    Raises:
        Unhealthy: it did not.
    """
    from throughline.watchdog import last_look

    looked = last_look(settings)
    if looked is None:
        raise Unhealthy("it has not looked yet")
    age = (datetime.now(UTC) - looked).total_seconds()
    if age > MAX_SILENCE_SECONDS:
        raise Unhealthy(f"its last look was {age:.0f} s ago")


def check_demo(settings: Settings) -> None:
    """The demo's data reaches the newest business date, and its CRM was loaded lately.

    Raises:
        Unhealthy: it does not.
    """
    reached = demo.reached()
    if reached != demo.wanted(settings):
        raise Unhealthy(f"the demo's data reaches {reached or 'nothing yet'}")


if __name__ == "__main__":
    main()
