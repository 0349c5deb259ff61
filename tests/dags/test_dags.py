"""The DAG files parse, hold exactly the expected DAGs, and keep the house rules."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DAGS = ROOT / "dags"
PARSER = Path(__file__).parent / "parse_dags.py"
FILES = sorted(DAGS.glob("*.py"))
EXPECTED = {
    "extract.py": {"extract_marketing", "extract_crm", "extract_calls", "extract_product"},
    "lifecycle.py": {"lifecycle"},
}
HEAVY = {"pandas", "great_expectations", "dbt", "duckdb", "pyarrow", "httpx", "psycopg"}


@pytest.fixture(scope="module")
def parsed(tmp_path_factory) -> dict[str, dict]:
    """What a fresh interpreter finds in each DAG file, parsed twice: see `_parse.py`."""
    home = tmp_path_factory.mktemp("airflow")
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "THROUGHLINE_CONFIG": str(ROOT / "throughline.yml"),
        "THROUGHLINE_HOME": str(home / "home"),
    }
    done = subprocess.run(
        [
            sys.executable,
            str(Path(__file__).parent / "parse_dags.py"),
            str(DAGS),
            str(home / "out"),
        ],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads((home / "out").read_text())


def test_there_is_a_file_for_every_expected_dag() -> None:
    assert {path.name for path in FILES} == set(EXPECTED)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_file_parses_and_holds_exactly_the_expected_dags(parsed, path: Path) -> None:
    assert parsed[path.name]["errors"] == {}
    assert set(parsed[path.name]["dags"]) == EXPECTED[path.name]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_two_parses_serialise_equal(parsed, path: Path) -> None:
    assert parsed[path.name]["serialised"][0] == parsed[path.name]["serialised"][1]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_heavy_is_imported_at_parse(parsed, path: Path) -> None:
    assert set(parsed[path.name]["heavy"]) & HEAVY == set()


def test_sources_with_more_entities_begin_first(parsed) -> None:
    dags = parsed["extract.py"]["dags"].values()
    weights = {task["task_id"]: task["weight"] for dag in dags for task in dag["tasks"]}
    assert weights["demo_crm"] > weights["demo_product"] > weights["demo_calls"]
    assert weights["demo_calls"] > weights["demo_web"] > weights["demo_baidu_ads"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_file_is_under_sixty_lines_and_documented(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60
    assert (ast.get_docstring(ast.parse(text)) or "").count("\n") >= 2


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_clock_is_read_at_parse(path: Path) -> None:
    called = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert called & {"now", "utcnow", "today", "uuid4"} == set()


@pytest.mark.parametrize("dag_id", sorted(set().union(*EXPECTED.values())))
def test_dag_keeps_the_rules_of_the_house(parsed, dag_id: str) -> None:
    [dag] = [found["dags"][dag_id] for found in parsed.values() if dag_id in found["dags"]]
    assert dag["catchup"] is False
    assert dag["max_active_runs"] == 1
    assert dag["timetable"] == "CronDataIntervalTimetable"
    assert dag["alerts_on_failure"] is True
    assert "Owner:" in dag["doc_md"]
    for task in dag["tasks"]:
        assert task["owner"] not in ("", "airflow"), task
        assert task["retries"] >= 1, task
        assert task["exponential"] is True, task
        assert task["longest_delay"] <= 300, f"{task}: after many clears it would wait for hours"
        assert task["timeout_seconds"] > 0, task


def test_only_one_task_at_a_time_opens_the_work_file(parsed) -> None:
    tasks = parsed["lifecycle.py"]["dags"]["lifecycle"]["tasks"]
    pools = {task["task_id"]: task["pool"] for task in tasks}
    assert pools == {
        "wait_for_outcomes": "default_pool",
        "build": "warehouse",
        "audit": "warehouse",
        "publish": "warehouse",
        "upkeep": "warehouse",
    }


def test_only_tasks_that_open_the_work_file_are_for_the_warehouse_worker(parsed) -> None:
    """Also a task that waits is for others: that worker does one task at a time."""
    queues = {
        (dag_id, task["task_id"]): task["queue"]
        for found in parsed.values()
        for dag_id, dag in found["dags"].items()
        for task in dag["tasks"]
    }
    for_warehouse = {at for at, queue in queues.items() if queue == "warehouse"}
    steps = ("build", "audit", "publish", "upkeep")
    assert for_warehouse == {("lifecycle", step) for step in steps}
    assert {queue for queue in queues.values()} == {"warehouse", "default"}


@pytest.mark.parametrize("dag_id", sorted(EXPECTED["extract.py"]))
def test_outcome_is_written_even_when_a_source_failed(parsed, dag_id: str) -> None:
    tasks = {task["task_id"]: task for task in parsed["extract.py"]["dags"][dag_id]["tasks"]}
    assert tasks["outcome"]["teardown"] is True
    assert tasks["outcome"]["upstream"] == sorted(set(tasks) - {"outcome"}) != []
