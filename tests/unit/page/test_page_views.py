"""The views of the page over a home: what a person reads, and the same as JSON."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from page_case import D1, D2, HOSTILE, PHONE, held_batch, make_home, visit
from throughline import landing, releases
from throughline.page import Visitor
from throughline.page.pages import VIEWS
from throughline.settings import Settings, load_settings

ANNA = Visitor("anna", may_acknowledge=True)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_home(tmp_path_factory.mktemp("page"))


@pytest.fixture
def anna(home: Settings) -> TestClient:
    return visit(home, ANNA)


@pytest.fixture
def before(tmp_path: Path) -> TestClient:
    """A project in which nothing ever ran."""
    (tmp_path / "throughline.yml").write_text("home: home\n")
    return visit(load_settings(tmp_path / "throughline.yml"), ANNA)


def paths(settings: Settings) -> list[str]:
    """Every view that needs no incident, once."""
    given = {"as_of": D2, "batch_id": held_batch(settings).batch_id}
    return [view.path.format(**given) for view in VIEWS if "incident_id" not in view.path]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/", "Before the first night"),
        ("/releases", "Nothing is published yet"),
        ("/checks", "Nothing was checked yet"),
        ("/batches", "Nothing was received yet"),
        ("/nights", "throughline run"),
        ("/incidents", "make up"),
        ("/freshness", "throughline run"),
        ("/rejected", "No row was rejected"),
    ],
)
def test_before_the_first_night_each_page_says_what_to_do(before, path, words):
    answer = before.get(path)
    assert answer.status_code == 200
    assert words in answer.text


def test_every_view_is_a_page_and_a_document(home, anna):
    for path in paths(home):
        page, data = anna.get(path), anna.get("/api" + (path if path != "/" else "/overview"))
        assert (page.status_code, data.status_code) == (200, 200), path
        assert page.headers["content-type"].startswith("text/html")
        assert isinstance(data.json(), dict)


def test_text_of_a_source_is_never_code(home, anna):
    batch = held_batch(home)
    landing.set_verdict(home, batch.batch_id, "held", HOSTILE, HOSTILE)
    pages = {path: anna.get(path).text for path in [*paths(home), f"/batches?night={D2}"]}
    shown = [path for path, text in pages.items() if "{{7*7}}" in text]
    assert {"/", "/batches", f"/batches/{batch.batch_id}", f"/checks/{D2}"} <= set(shown)
    for path, text in pages.items():
        assert "<script>alert" not in text, path
        assert text.count("<script") == 1, path
        assert "alert(1)</script>49" not in text


def test_pages_bring_everything_along_and_run_no_inline_code(home, anna):
    for path in paths(home):
        answer = anna.get(path)
        assert not re.search(r"\s(style|on\w+)=|javascript:|https?://|<style", answer.text), path
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'") and "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
    assert anna.get("/static/page.css").status_code == 200


def test_no_page_shows_what_a_row_says_of_a_person(home, anna):
    for path in paths(home):
        for text in (anna.get(path).text, anna.get("/api" + path).text):
            assert PHONE not in text, path


def test_the_served_release_is_marked_and_the_one_to_go_back_to(home, anna):
    found = anna.get("/api/releases").json()
    assert [(row["run_id"], row["state"]) for row in found["releases"]] == [
        ("run-two", "served"),
        ("run-one", "rollback target"),
    ]
    assert "throughline release rollback run-one" in anna.get("/releases").text
    releases.rollback(home, "run-one")
    found = anna.get("/api/releases").json()
    assert [row["state"] for row in found["releases"]] == ["newer", "served"]
    assert found["rollback_target"] is None
    releases.rollback(home, "run-two")


def test_freshness_says_which_source_and_table_end_early(anna):
    found = anna.get("/api/freshness").json()
    assert [(row["source"], row["is_stale"]) for row in found["sources"]] == [("phones", True)]
    assert found["tables"][0]["data_through"] == "2026-03-01"
    assert "1 of 1 tables end early" in anna.get("/releases").text


def test_checks_count_the_worst_result_of_each_layer_and_night(anna):
    rows = {row["name"]: row["cells"] for row in anna.get("/api/checks").json()["rows"]}
    worst = {name: [cell["verdict"] for cell in cells] for name, cells in rows.items()}
    # The first night was found done: its results are those of its release. The second one's input
    # batch was held by a critical check.
    assert worst == {
        "input": ["pass", "critical"],
        "staging": [None, "warning"],
        "core": [None, "critical"],
        "lead": ["pass", "pass"],
    }
    assert rows["core"][1]["counts"] == {"critical": 1, "warning": 0, "pass": 1}


def test_checks_of_a_layer_show_its_suites_and_a_cell_leads_to_the_night(anna):
    found = anna.get("/api/checks?layer=core").json()
    assert [row["name"] for row in found["rows"]] == ["core.fct_call"]
    page = anna.get("/checks").text
    assert f'href="/checks/{D2}?layer=core"' in page
    assert "1 critical, 0 warnings, 1 passed" in page


def test_a_failed_expectation_tells_observed_expected_why_and_owner(anna):
    page = anna.get(f"/checks/{D2}?suite=core.fct_call").text
    for words in ("3 of 9 rows", "no row", "a call without an id counts twice", "sales-ops"):
        assert words in page
    found = anna.get(f"/api/checks/{D2}?suite=core.fct_call").json()
    assert [row["verdict"] for row in found["results"]] == ["critical", "pass"]
    kept = anna.get(f"/api/checks/{D2}?layer=core&failed=true").json()["results"]
    assert [row["status"] for row in kept] == ["fail"]


def test_a_check_that_could_not_be_judged_is_shown_as_not_passed(anna):
    page = anna.get(f"/checks/{D2}?layer=staging").text
    assert "could not be judged, which counts as failed" in page


def test_batches_show_verdict_and_rejected_rows_with_their_reasons(home, anna):
    batch = held_batch(home)
    found = anna.get("/api/batches").json()
    assert found["night"] == "2026-03-02"
    [row] = found["batches"]
    assert (row["state"], row["accepted"], row["rejected"]) == ("held", 120, 2)
    [(reason, rows)] = row["reasons"].items()
    assert rows == 2 and "direction" in reason
    one = anna.get(f"/api/batches/{batch.batch_id}").json()
    assert [(bad["row"], bad["reasons"]) for bad in one["newest_rejected"]] == [
        (121, [reason]),
        (122, [reason]),
    ]
    page = anna.get(f"/batches/{batch.batch_id}").text
    assert f"throughline batch release {batch.batch_id}" in page
    assert reason in anna.get("/rejected").text


def test_a_batch_that_a_person_let_pass_is_shown_as_released(tmp_path):
    settings = make_home(tmp_path)
    batch = held_batch(settings)
    anna = visit(settings, ANNA)
    assert "1" in re.findall(r"Held batches</p>\s*<p[^>]*><a[^>]*>(\d)</a>", anna.get("/").text)
    landing.set_verdict(settings, batch.batch_id, "passed", "anna", "two known test calls")
    [row] = anna.get("/api/batches?state=released").json()["batches"]
    assert (row["batch_id"], row["by"]) == (batch.batch_id, "anna")
    assert "two known test calls" in anna.get("/batches").text
    assert anna.get(f"/api/batches?night={D1}").json()["batches"][0]["state"] == "passed"
    landing.set_verdict(settings, batch.batch_id, "withdrawn", "anna", "wrong file")
    assert anna.get("/api/batches").json()["batches"][0]["state"] == "withdrawn"


def test_the_timeline_has_a_lane_per_source_and_step(anna):
    found = anna.get(f"/api/nights/{D2}").json()
    lanes = {lane["lane"]: lane for lane in found["lanes"]}
    assert list(lanes) == ["phones", "build", "audit"]
    assert [bar["part"] for bar in lanes["phones"]["bars"]] == ["land", "conform", "checks"]
    assert lanes["phones"]["status"] == "held"
    assert lanes["audit"]["status"] == "failed"
    page = anna.get(f"/nights/{D2}").text
    assert page.count('class="track"') == 3
    widths = [
        float(width)
        for width in re.findall(r'<rect class="\w+" x="[\d.]+%" y="4" width="([\d.]+)%', page)
    ]
    assert len(widths) == 5 and all(0 < width <= 100 for width in widths)


def test_what_does_not_exist_is_said_and_is_404(anna):
    for path in ("/nights/2020-01-01", "/checks/2020-01-01", "/batches/none", "/nowhere"):
        assert anna.get(path).status_code == 404, path
    answer = anna.get("/api/batches/none")
    assert answer.status_code == 404
    assert "There is no batch none" in answer.json()["error"]
    assert "There was no night of 2020-01-01" in anna.get("/nights/2020-01-01").text
