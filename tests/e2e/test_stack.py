"""The real stack with a small demo: PostgreSQL, Airflow's scheduler, a night, kills, alerts."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from browser_case import browser
from page_ui_case import (
    PATHS,
    acknowledge_by_mouse,
    go,
    open_by_navigation,
    server_with_login,
    token,
    too_wide,
)
from throughline import watchdog
from throughline.alerts import register, report_incident
from throughline.local import airflow, demo_files, demo_run, processes, rest, scheduled, stack
from throughline.local.progress import Progress
from throughline.nights import interval
from throughline.query import query
from throughline.server import health
from throughline.settings import Settings, load_settings

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
NIGHT = date(2026, 3, 1)
CONFIG = """
home: home
demo: {{size: tiny, seed: 7, nights: 1, end: {night}}}
alerts: {{webhook: {{url_env: E2E_WEBHOOK}}}}
"""
KILLED_DAG = '''
"""A run whose only task is killed on its last try, until it is mended."""
import os
import signal
from pathlib import Path

from airflow import sdk

from throughline.failed_run import RUN_REPORTS


@sdk.task(owner="night-watch", retries=0)
def killed() -> None:
    if not Path(__file__).with_name("mended").exists():
        os.kill(os.getpid(), signal.SIGKILL)


with sdk.DAG("killed", schedule=None, **RUN_REPORTS):
    killed()
'''
ORPHANED_DAG = '''
"""A run whose only task loses its supervisor and goes on without one."""
import os
import time
from pathlib import Path

from airflow import sdk

from throughline.failed_run import RUN_REPORTS


@sdk.task(owner="night-watch", retries=0)
def orphaned() -> None:
    draft = Path(__file__).with_name("pids.tmp")
    draft.write_text(f"{os.getpid()} {os.getppid()}")
    draft.rename(draft.with_name("pids"))
    time.sleep(900)


with sdk.DAG("orphaned", schedule=None, **RUN_REPORTS):
    orphaned()
'''


class Hook:
    """A webhook that keeps what it was sent."""

    def __init__(self) -> None:
        self.messages: list[dict] = []

    def answer(self, request: Request) -> Response:
        self.messages.append(json.loads(request.get_data()))
        return Response('{"errcode": 0}', content_type="application/json")


@pytest.fixture(scope="module")
def hook():
    """The webhook's messages, and its address in the environment of everything started later."""
    received = Hook()
    with HTTPServer(host="127.0.0.1", port=0) as server:
        server.expect_request("/hook").respond_with_handler(received.answer)
        os.environ["E2E_WEBHOOK"] = server.url_for("/hook")
        yield received
        del os.environ["E2E_WEBHOOK"]


@pytest.fixture(scope="module")
def settings(tmp_path_factory, hook) -> Settings:
    """A project of its own whose stack runs for all tests of this file."""
    project = tmp_path_factory.mktemp("e2e")
    (project / "dags").mkdir()
    for name in ("extract.py", "lifecycle.py"):
        (project / "dags" / name).symlink_to(ROOT / "dags" / name)
    (project / "dags" / "killed.py").write_text(KILLED_DAG)
    (project / "dags" / "orphaned.py").write_text(ORPHANED_DAG)
    (project / "throughline.yml").write_text(CONFIG.format(night=NIGHT))
    given = load_settings(project / "throughline.yml")
    with stack.stopped_at_the_end(given):
        stack.start_servers(given, print)
        demo_files.generate(given, NIGHT)
        demo_run.load_crm(given, NIGHT)
        stack.start_airflow(given, schedule=False)
        stack.wait_until_ready(given, {*stack.expected_dags(given), "killed", "orphaned"})
        yield given


def test_a_night_goes_through_the_scheduler_and_is_published_by_another_one(settings) -> None:
    """The scheduler is killed before it could start anything; a new one does the work."""
    [scheduler] = [p for p in processes.remembered(settings) if p.name == "scheduler"]
    os.kill(scheduler.pid, signal.SIGKILL)
    said: list[str] = []
    with rest.connect(settings) as api:
        night = scheduled.run_night(
            settings,
            api,
            NIGHT,
            stack.expected_dags(settings),
            Progress().watch,
            lambda: stack.revive(settings, schedule=False, say=said.append),
        )
    assert night.ok, night.states
    assert any("scheduler died" in text for text in said)
    with duckdb.connect(str(settings.current.resolve()), read_only=True) as release:
        assert release.execute("select as_of, is_passed from build_info").fetchall() == [
            (NIGHT, True)
        ]
        [(leads,)] = release.execute("select count(*) from lead.leads").fetchall()
    assert leads > 0
    assert demo_run.unpublished(settings, [NIGHT]) == []


def test_the_same_night_again_publishes_nothing_new(settings) -> None:
    before = {path: path.stat().st_mtime_ns for path in settings.release_folder.iterdir()}
    with rest.connect(settings) as api:
        night = scheduled.run_night(settings, api, NIGHT, {"lifecycle"}, Progress().watch)
    assert night.ok
    after = {path: path.stat().st_mtime_ns for path in settings.release_folder.iterdir()}
    assert after == before


def test_a_task_killed_on_its_last_try_alerts_its_owner_once(settings, hook, facts) -> None:
    with rest.connect(settings) as api:
        night = scheduled.run_night(settings, api, NIGHT, {"killed"}, Progress().watch)
    assert night.states == {"killed": "failed"}
    processes.wait_while(lambda: not about(hook, "killed.killed"), 60)
    time.sleep(3)
    facts.told("night-watch", [one["owner"] for one in about(hook, "killed.killed")])
    [message] = about(hook, "killed.killed")
    assert "night-watch" in json.dumps(message)
    assert f"throughline status --as-of {NIGHT}" in json.dumps(message)


def test_the_next_good_run_ends_the_incident_of_the_killed_task(settings, hook) -> None:
    (settings.config_file.parent / "dags" / "mended").touch()
    with rest.connect(settings) as api:
        night = scheduled.run_night(settings, api, NIGHT, {"killed"}, Progress().watch)
    assert night.states == {"killed": "success"}
    processes.wait_while(lambda: len(about(hook, "killed.killed")) < 2, 60)
    time.sleep(3)
    events = [message["event"] for message in about(hook, "killed.killed")]
    assert events == ["opened", "resolved"]


def test_a_scheduler_that_dies_is_missed_once_and_its_return_is_told(settings, hook, facts) -> None:
    """The watchdog's clock runs ahead of the scheduler's by a minute."""
    soon = settings.alerts.model_copy(update={"heartbeat_minutes": 1})
    watched = settings.model_copy(update={"alerts": soon})
    assert watchdog.watch(watched) == []
    [scheduler] = [p for p in processes.remembered(settings) if p.name == "scheduler"]
    os.kill(scheduler.pid, signal.SIGKILL)
    died = datetime.now(UTC)
    looks = [watchdog.watch(watched, died + timedelta(seconds=n)) for n in (20, 50, 65, 68)]
    assert looks == [[], [], ["scheduler"], ["scheduler"]]
    missed = [message for message in hook.messages if message["kind"] == "silence"]
    facts.told("data-platform", [message["owner"] for message in missed])
    assert [(one["subject"], one["event"]) for one in missed] == [("scheduler", "opened")]
    stack.revive(settings, schedule=False, say=print)

    def is_missed() -> bool:
        return watchdog.watch(watched, max(datetime.now(UTC), died + timedelta(seconds=70))) != []

    processes.wait_while(is_missed, 120)
    events = [one["event"] for one in hook.messages if one["kind"] == "silence"]
    assert events == ["opened", "resolved"]


def test_a_task_that_loses_its_supervisor_alerts_its_owner_once(
    settings, hook, facts, request
) -> None:
    """In the long form only: Airflow waits two minutes for a sign of the supervisor."""
    if not request.config.getoption("faults"):
        pytest.skip("make faults")
    pids = settings.config_file.parent / "dags" / "pids"
    with rest.connect(settings) as api:
        api.trigger("orphaned", *interval(settings, NIGHT))
    processes.wait_while(lambda: not pids.exists(), 120)
    orphan, supervisor = (int(pid) for pid in pids.read_text().split())
    try:
        os.kill(supervisor, signal.SIGKILL)
        processes.wait_while(lambda: not about(hook, "orphaned.orphaned"), 400)
        time.sleep(10)
        told = about(hook, "orphaned.orphaned")
        facts.told("night-watch", [message["owner"] for message in told])
        assert [(one["owner"], one["event"]) for one in told] == [("night-watch", "opened")]
    finally:
        os.kill(orphan, signal.SIGKILL)


@pytest.mark.parametrize("service", ["api-server", *health.JOBS])
def test_the_health_checks_of_a_server_find_a_running_airflow_healthy(settings, service) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "throughline.server.health", service],
        env=airflow.environment(settings),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_the_page_stands_in_airflows_ui_and_a_click_acknowledges(settings, tmp_path) -> None:
    url = f"http://127.0.0.1:{airflow.api_port(settings)}"
    incident_id = open_incident(settings, "lead.leads")
    with browser(tmp_path) as tab:
        tab.size(1280)
        open_by_navigation(tab, url)
        assert not too_wide(tab)
        go(tab, "Releases", "Releases")
        go(tab, "Nights", "Nights")
        tab.size(375, 812)
        tab.open(f"{url}/plugin/throughline/throughline/incidents/{incident_id}")
        acknowledge_by_mouse(tab)
        assert not too_wide(tab)
        for dark in (False, True):
            tab.dark(dark)
            for path in [*PATHS, f"/nights/{NIGHT}", f"/checks/{NIGHT}"]:
                tab.open(f"{url}/throughline{path}")
                assert not too_wide(tab), path
                assert tab.ask("document.querySelector('h1').textContent.length") > 0, path
        assert tab.complaints == []
    assert register.incident(settings, incident_id)["acknowledged_by"] == "Anonymous"


def test_the_page_tells_a_program_what_the_night_came_to(settings) -> None:
    url = f"http://127.0.0.1:{airflow.api_port(settings)}/throughline/api"
    found = {
        path: httpx.get(f"{url}{path}", timeout=60).json()
        for path in ("/releases", "/checks", f"/nights/{NIGHT}", "/freshness")
    }
    assert [row["as_of"] for row in found["/releases"]["releases"]] == [str(NIGHT)]
    assert {"input", "core", "lead"} <= {row["name"] for row in found["/checks"]["rows"]}
    assert len(found["/freshness"]["sources"]) > 20
    lanes = [lane["lane"] for lane in found[f"/nights/{NIGHT}"]["lanes"]]
    assert "demo_crm" in lanes


def test_the_page_is_for_airflows_users_and_their_rights(settings, tmp_path) -> None:
    with server_with_login(settings, tmp_path) as server:
        answer = server.get("/throughline/incidents")
        assert answer.status_code == 307
        assert answer.headers["location"] == "/auth/login?next=%2Fthroughline%2Fincidents"
        assert server.get("/throughline/api/incidents").status_code == 401
        vera, anna = token(server, "vera"), token(server, "anna")
        page = server.get("/throughline/incidents?all=true", headers=vera)
        assert page.status_code == 200 and "vera" in page.text
        path = f"/throughline/api/incidents/{open_incident(settings, 'core.fct_lead')}/acknowledge"
        assert server.post(path).status_code in (401, 403)
        assert server.post(path, headers=vera).status_code == 403
        said = server.post(path, headers=anna).json()
        assert said["changed"] is True
        [by] = [
            row["acknowledged_by"]
            for row in register.incidents(settings)
            if row["incident_id"] == said["incident_id"]
        ]
        assert by == "anna"
        forged = {"Cookie": f"_token={anna['Authorization'][7:]}", "Sec-Fetch-Site": "cross-site"}
        assert server.post(path, headers=forged).status_code == 403
        own = {**forged, "Sec-Fetch-Site": "same-origin"}
        assert server.post(path, headers=own).json()["changed"] is False


def test_airflow_answers_on_loopback_only_and_keeps_its_files_in_the_home(settings) -> None:
    variables = airflow.environment(settings)
    assert variables["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert Path(variables["AIRFLOW_HOME"]).is_relative_to(settings.home)
    assert Path(variables["AIRFLOW__LOGGING__BASE_LOG_FOLDER"]).is_relative_to(settings.home)
    with rest.connect(settings) as api:
        assert api.runs_at(interval(settings, NIGHT)[0])["lifecycle"].state == "success"


def open_incident(settings: Settings, subject: str) -> int:
    """Report one more problem and return its number."""
    report_incident(
        settings,
        kind="check",
        subject=subject,
        owner="sales-ops",
        severity="warning",
        summary="3 of 100 rows",
        blocks="nothing; the release is published",
        command=f"throughline status --as-of {NIGHT}",
        window=str(NIGHT),
    )
    return next(
        row["incident_id"] for row in register.incidents(settings) if row["subject"] == subject
    )


def about(hook: Hook, subject: str) -> list[dict]:
    """Messages that name a subject."""
    return [message for message in hook.messages if subject in json.dumps(message)]


def test_the_questions_of_the_readme_have_answers(settings) -> None:
    questions = re.findall(r"```sql\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(questions) == 5
    for sql in questions:
        assert query(settings, sql).rows, sql
