"""The layer rules of the dbt project, read from its manifest; a failure names the file."""

import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from throughline.contracts import ENVELOPE, load_contracts
from warehouse_case import PROJECT, build

Node = dict[str, Any]
STAGES = ("acquisition", "lead", "opportunity", "payment", "success")
MAY_READ = {
    "staging": {"input", "seed"},
    "intermediate": {"staging", "intermediate", "core", "seed"},
    "core": {"staging", "intermediate", "core", "seed"},
    "audit": {"staging", "intermediate", "core", "seed"},
    **{stage: {"staging", "intermediate", "core", "seed", stage} for stage in STAGES},
    "journey": {"staging", "intermediate", "core", "seed", *STAGES, "journey"},
}
RENAMED = {
    ("subscription_item", "start"): "start_date",
    ("subscription_item", "end"): "end_date",
    ("lead_status_history", "by"): "changed_by",
    ("opp_stage_history", "by"): "changed_by",
    ("tag_assignment", "by"): "given_by",
    ("experiment", "start"): "start_at",
    ("experiment", "end"): "end_at",
    ("scrm_friend", "by"): "removed_by",
}
EVENT_COLUMNS = {"event_at", "is_clock_skew", "business_date"}
OF_NO_ENTITY = {"stg_contact_detail_version", "stg_test_row", "stg_utm_link_version"}


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Node]:
    folder = tmp_path_factory.mktemp("manifest")
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--quiet", "parse"),
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
            *("--target-path", str(folder), "--log-path", str(folder)),
        ],
        env={**os.environ, "THROUGHLINE_WORK_FILE": str(folder / "work.duckdb")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return {**manifest["nodes"], **manifest["sources"]}


def models(nodes: dict[str, Node]) -> list[Node]:
    found = [node for node in nodes.values() if node["resource_type"] == "model"]
    assert len(found) > 60
    return found


def layer_of(node: Node) -> str:
    return {"seed": "seed", "source": "input"}.get(node["resource_type"]) or node["fqn"][1]


def test_every_model_reads_only_what_its_layer_may_read(nodes: dict[str, Node]) -> None:
    wrong = [
        f"{node['original_file_path']} reads {layer_of(nodes[parent])}.{nodes[parent]['name']}"
        for node in models(nodes)
        for parent in node["depends_on"]["nodes"]
        if layer_of(nodes[parent]) not in MAY_READ[layer_of(node)]
    ]
    assert wrong == []


def test_the_schema_of_a_model_is_its_folder(nodes: dict[str, Node]) -> None:
    wrong = [n["original_file_path"] for n in models(nodes) if n["schema"] != layer_of(n)]
    assert wrong == []


def test_only_engine_macros_name_the_run_and_input_schemas() -> None:
    named = re.compile(r"\b(from|join)\s+(run|input)\.")
    wrong = [
        str(path.relative_to(PROJECT))
        for path in sorted(PROJECT.glob("m*/**/*.sql"))
        if "engine" not in path.parts and named.search(path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


def test_no_model_reads_the_clock_or_branches_on_the_engine() -> None:
    banned = ("current_date", "current_timestamp", "now()", "today()", "target.name", "target.type")
    wrong = [
        f"{path.relative_to(PROJECT)}: {word}"
        for path in sorted(PROJECT.glob("models/**/*.sql"))
        for word in banned
        if word in path.read_text(encoding="utf-8").lower()
    ]
    assert wrong == []


def test_every_core_and_stage_table_has_an_enforced_contract_with_types_and_words(
    nodes: dict[str, Node],
) -> None:
    wrong = []
    for node in models(nodes):
        if layer_of(node) in ("staging", "intermediate"):
            continue
        if not node["config"]["contract"]["enforced"]:
            wrong.append(f"{node['original_file_path']}: contract is not enforced")
        if not node["description"].startswith("One row per"):
            wrong.append(f"{node['original_file_path']}: description does not say the grain")
        wrong += [
            f"{node['original_file_path']}: {column['name']} lacks data_type or description"
            for column in node["columns"].values()
            if not (column.get("data_type") and column.get("description"))
        ]
    assert wrong == []


def test_every_entity_has_a_source_and_a_staging_model(nodes: dict[str, Node]) -> None:
    entities = set(load_contracts())
    sources = {node["name"] for node in nodes.values() if node["resource_type"] == "source"}
    staged = {node["name"] for node in models(nodes) if layer_of(node) == "staging"}
    assert sources == entities
    assert staged == {f"stg_{entity}" for entity in entities} | OF_NO_ENTITY


def test_test_rows_of_every_entity_are_counted_by_its_key() -> None:
    text = (PROJECT / "models/staging/stg_test_row.sql").read_text(encoding="utf-8")
    found = dict(re.findall(r"^    '(\w+)': (\[.*\]),$", text, re.MULTILINE))
    assert found == {
        entity: str(list(contract.key))
        for entity, contract in load_contracts().items()
        if "is_test" in contract.fields
    }


def test_staging_delivers_the_columns_of_the_contract(tmp_path: Path) -> None:
    core = build(tmp_path, {}, date(2024, 6, 30), select="path:models/staging")
    wrong = []
    for entity, contract in load_contracts().items():
        expected = {RENAMED.get((entity, name), name) for name in contract.columns} | {*ENVELOPE}
        if contract.kind == "event":
            expected |= EVENT_COLUMNS
        found = {
            name
            for (name,) in core.execute(
                "select column_name from duckdb_columns() where schema_name = 'staging'"
                " and table_name = ?",
                [f"stg_{entity}"],
            ).fetchall()
        }
        if found != expected:
            wrong.append(f"models/staging/stg_{entity}.sql: {sorted(found ^ expected)}")
    assert wrong == []


def test_every_incremental_model_names_what_touches_it(nodes: dict[str, Node]) -> None:
    found = {
        node["name"]: node["config"]["meta"].get("touched_by")
        for node in models(nodes)
        if node["config"]["materialized"] == "incremental"
    }
    assert found == {
        "stg_pageview": "pageview",
        "stg_click": "click",
        "fct_click": "click",
        "fct_content_event": "content_event",
        "stg_content_event": "content_event",
        "fct_pageview": "pageview",
        "int_visits__parted": "pageview",
        "stg_api_request_log": "api_request_log",
        "stg_app_event": "app_event",
        "stg_touch_event": "touch_event",
        "stg_touch": "touch",
        "stg_scrm_message": "scrm_message",
        "int_app_events__flagged": "app_event",
        "int_api_requests__mapped": "api_request_log",
        "fct_business_event": ["app_event", "api_request_log"],
        "fct_user_day": ["app_event", "api_request_log"],
        "int_versions__seen": ["app_event", "api_request_log"],
        "int_virtual_event": ["app_event", "api_request_log"],
    }


def test_every_core_table_has_a_suite() -> None:
    tables = {path.stem for path in (PROJECT / "models" / "core").glob("*.sql")}
    suites = {path.stem for path in (PROJECT.parent / "expectations" / "core").glob("*.yml")}
    assert tables == suites


def test_every_seed_column_has_a_declared_type() -> None:
    folder: Path = PROJECT / "seeds"
    known = yaml.safe_load((folder / "seeds.yml").read_text(encoding="utf-8"))["seeds"]
    for seed in known:
        header = (folder / f"{seed['name']}.csv").read_text(encoding="utf-8").split("\n")[0]
        assert set(header.split(",")) == set(seed["config"]["column_types"]), seed["name"]


def test_an_id_that_may_change_hands_is_asked_for_an_instant(nodes: dict[str, Node]) -> None:
    """A cookie or device has several owners in map_identity; other ids have one."""
    steady = re.compile(r"id_type\s*(?:=|in)\s*\(?'(?!anonymous_id|device_id)")
    asking = 0
    for node in nodes.values():
        code = node.get("raw_code", "")
        if node["resource_type"] != "model" or "ref('map_identity')" not in code:
            continue
        [imported] = re.findall(r"identities as \(\n(.*?)\n\),", code, re.DOTALL)
        if steady.search(imported):
            continue
        for join in re.findall(r"join identities\b.*?(?=\n    \w|\n\)|\Z)", code, re.DOTALL):
            asking += "held_at(" in join
            assert steady.search(join) or "held_at(" in join, (
                f"{node['original_file_path']}: which owner? Add held_at to\n{join}"
            )
    assert asking > 8
    condition = (PROJECT / "macros" / "held_at.sql").read_text(encoding="utf-8").partition("#}")[2]
    assert " or " not in condition.lower(), (
        "macros/held_at.sql: an OR makes DuckDB compare every row with every id"
    )
