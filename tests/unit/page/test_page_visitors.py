"""Who may look, who may acknowledge, and requests that another site makes."""

import json
from pathlib import Path

import pytest

from alert_case import INCIDENT, new_database, report, rows, write_settings
from page_case import HOSTILE, visit
from throughline.alerts import register, report_incident
from throughline.page import Visitor
from throughline.settings import Settings, load_settings

ANNA = Visitor("anna", may_acknowledge=True)
VIEWER = Visitor("vera", may_acknowledge=False)
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def settings(tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home with one open incident and no channel to tell it."""
    monkeypatch.setenv("THROUGHLINE_STATE_URL", new_database(postgres_url))
    settings = write_settings(tmp_path, "  quiet_hours: null\n")
    report(settings)
    return settings


def number(settings: Settings) -> int:
    [row] = register.incidents(settings)
    return row["incident_id"]


def test_an_open_incident_says_what_how_often_since_when_and_what_to_do(settings):
    report(settings)
    page = visit(settings, ANNA).get("/incidents").text
    for words in (
        *("check lead.leads failed: 3 of 100 rows", "2 times since", "sales-ops"),
        *("publishing of 2026-06-30", "throughline status --as-of 2026-06-30", "First bad run"),
    ):
        assert words in page
    [row] = visit(settings, ANNA).get("/api/incidents").json()["incidents"]
    assert (row["status"], row["occurrences"]) == ("open", 2)


def test_an_incident_says_what_it_reaches_and_the_run_that_was_first_bad(settings):
    tables = [f"lead.table_{number}" for number in range(8)]
    report_incident(
        settings, **{**INCIDENT, "subject": "core.fct_lead"}, run_id="run-7", blast_radius=tables
    )
    page = visit(settings, ANNA).get("/incidents").text
    assert "lead.table_5 and 2 more" in page and "run-7" in page
    newest = max(row["incident_id"] for row in register.incidents(settings))
    assert "lead.table_7" in visit(settings, ANNA).get(f"/incidents/{newest}").text


def test_acknowledging_writes_down_who_did_it_once(settings):
    anna = visit(settings, ANNA)
    path = f"/incidents/{number(settings)}"
    assert f'action="{path}/acknowledge"' in anna.get("/incidents").text
    answer = anna.post(f"{path}/acknowledge", headers=OURS)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    anna.post(f"{path}/acknowledge", headers=OURS)
    told = rows(settings, "select event, who from throughline.incident_events order by event_id")
    assert told == [("opened", "throughline"), ("acknowledged", "anna")]
    page = anna.get("/incidents").text
    assert "acknowledged by anna" in page and "<button" not in page
    assert "anna" in anna.get(path).text


def test_a_program_acknowledges_with_its_token_and_hears_whether_it_was_news(settings):
    path = f"/api/incidents/{number(settings)}/acknowledge"
    said = [
        visit(settings, ANNA).post(path, headers={"Authorization": "Bearer t"}).json()["changed"]
        for _ in range(2)
    ]
    assert said == [True, False]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://here"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://elsewhere"},
        {"Origin": "null"},
        {"Authorization": "Bearer t", "Origin": "http://elsewhere"},
        {"Authorization": "Bearer t", "Sec-Fetch-Site": "cross-site"},
        {"Authorization": "Basic YTpi"},
    ],
    ids=json.dumps,
)
def test_a_form_of_another_site_acknowledges_nothing(settings, headers):
    path = f"/incidents/{number(settings)}/acknowledge"
    for place in (path, f"/api{path}"):
        assert visit(settings, ANNA).post(place, headers=headers).status_code == 403
    assert rows(settings, "select acknowledged_at from throughline.incidents") == [(None,)]


def test_a_browser_that_tells_only_the_origin_may_acknowledge(settings):
    path = f"/incidents/{number(settings)}/acknowledge"
    answer = visit(settings, ANNA).post(path, headers={"Origin": "http://here"})
    assert answer.status_code == 303
    assert rows(settings, "select acknowledged_by from throughline.incidents") == [("anna",)]


def test_reading_changes_nothing(settings):
    path = f"/incidents/{number(settings)}/acknowledge"
    assert visit(settings, ANNA).get(path, headers=OURS).status_code in (404, 405)
    assert rows(settings, "select acknowledged_at from throughline.incidents") == [(None,)]


def test_who_may_only_look_has_no_button_and_is_refused(settings):
    vera = visit(settings, VIEWER)
    path = f"/incidents/{number(settings)}"
    for page in ("/incidents", path):
        assert "<button" not in vera.get(page).text
    assert vera.post(f"{path}/acknowledge", headers=OURS).status_code == 403
    assert rows(settings, "select acknowledged_at from throughline.incidents") == [(None,)]


def test_nobody_is_sent_to_the_login_and_gets_no_data(settings):
    nobody = visit(settings, None)
    answer = nobody.get("/incidents?all=true")
    assert answer.status_code == 307
    assert answer.headers["location"] == "/login?next=/incidents?all=true"
    for path in ("/api/incidents", "/api/overview", "/api/releases", "/api/batches"):
        answer = nobody.get(path)
        assert (answer.status_code, list(answer.json())) == (401, ["error"]), path
    path = f"/incidents/{number(settings)}/acknowledge"
    assert nobody.post(path, headers=OURS).status_code == 401
    assert rows(settings, "select acknowledged_at from throughline.incidents") == [(None,)]


def test_text_of_an_incident_is_never_code(settings):
    texts = ("summary", "blocks", "command", "owner", "subject")
    report(settings, **dict.fromkeys(texts, HOSTILE))
    newest = max(row["incident_id"] for row in register.incidents(settings))
    register.acknowledge(settings, newest, HOSTILE)
    for path in ("/", "/incidents", f"/incidents/{newest}"):
        page = visit(settings, ANNA).get(path).text
        assert page.count("<script") == 1, path
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}") >= 5


def test_without_postgresql_the_page_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("THROUGHLINE_STATE_URL", "postgresql://nobody@127.0.0.1:1/none")
    (tmp_path / "throughline.yml").write_text("home: home\n")
    anna = visit(load_settings(tmp_path / "throughline.yml"), ANNA)
    for path in ("/", "/incidents"):
        answer = anna.get(path)
        assert answer.status_code == 200
        assert "does not answer" in answer.text and "throughline up" in answer.text
    assert anna.get("/api/incidents").json()["incidents"] is None
    answer = anna.get("/api/incidents/1")
    assert answer.status_code == 503 and "throughline up" in answer.json()["error"]
    assert anna.get("/incidents/1").status_code == 503


def test_an_incident_that_does_not_exist_is_404(settings):
    answer = visit(settings, ANNA).get("/api/incidents/999999")
    assert answer.status_code == 404 and "alerts list --all" in answer.json()["error"]
