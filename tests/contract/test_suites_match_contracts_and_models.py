"""Drift: nothing is loaded or published that no suite looks at."""

import re
from pathlib import Path

import pytest
import yaml

from throughline.checks.own import AMOUNT_LIKE_WEEKDAY
from throughline.checks.suites import EXPECTATIONS, LAYERS, STAGES, load_layer
from throughline.contracts import ENVELOPE, load_contracts
from throughline.settings import PACKAGE

MODELS = PACKAGE.parents[1] / "dbt_project" / "models"
OWNERS = {"marketing-data", "sales-ops", "call-center", "product-data", "finance", "data-platform"}
RENAMED = {
    "subscription_item": {"start": "start_date", "end": "end_date"},
    "lead_status_history": {"by": "changed_by"},
    "opp_stage_history": {"by": "changed_by"},
    "tag_assignment": {"by": "given_by"},
    "experiment": {"start": "start_at", "end": "end_at"},
    "scrm_friend": {"by": "removed_by"},
}
ADDED_TO_EVENTS = ("event_at", "is_clock_skew", "business_date")


SUITES = {layer: load_layer(layer) for layer in ("input", "staging")}


def present(layer: str) -> set[str]:
    return {path.stem for path in (EXPECTATIONS / layer).glob("*.yml")}


def tables(layer: str) -> list[str]:
    """Tables that dbt makes in a layer: a model's file name, or its alias."""
    out = []
    for model in sorted((MODELS / layer).rglob("*.sql")):
        alias = re.search(r"alias\s*=\s*'([a-z0-9_]+)'", model.read_text(encoding="utf-8"))
        out.append(alias.group(1) if alias else model.stem)
    return out


@pytest.mark.parametrize("entity", sorted(load_contracts()))
def test_every_contract_has_an_input_and_a_staging_suite(entity: str) -> None:
    for layer, table in (("input", entity), ("staging", f"stg_{entity}")):
        assert table in present(layer), f"write expectations/{layer}/{table}.yml"


@pytest.mark.parametrize("layer", ["staging", "core", *STAGES])
def test_every_model_has_a_suite(layer: str) -> None:
    for table in tables(layer):
        assert table in present(layer), f"write expectations/{layer}/{table}.yml"


def test_every_suite_has_its_contract_or_table() -> None:
    assert present("input") == set(load_contracts()), "suites of entities that do not exist"
    for layer in ("staging", "core", *STAGES[:-1]):
        extra = present(layer) - set(tables(layer))
        assert not extra, f"expectations/{layer}: no model makes {sorted(extra)}"


def test_every_suite_is_valid_and_owned() -> None:
    for layer in LAYERS:
        for suite in load_layer(layer):
            place = f"expectations/{layer}/{suite.table}.yml"
            assert suite.owner in OWNERS, f"{place}: owner {suite.owner!r} is in no team"


@pytest.mark.parametrize("path", sorted(EXPECTATIONS.rglob("*.y*ml")), ids=lambda p: p.stem)
def test_every_file_is_where_the_gates_look(path: Path) -> None:
    place = path.relative_to(EXPECTATIONS)
    assert place.suffix == ".yml", f"rename expectations/{place} to .yml"
    assert len(place.parts) == 2, f"expectations/{place} lies too deep to be read"
    assert place.parts[0] in LAYERS, f"expectations/{place}: no gate reads that folder"


@pytest.mark.parametrize("path", sorted(EXPECTATIONS.rglob("*.yml")), ids=lambda p: p.stem)
def test_every_expectation_has_the_four_keys(path: Path) -> None:
    for number, item in enumerate(yaml.safe_load(path.read_text())["expectations"]):
        place = f"{path.relative_to(EXPECTATIONS.parent)}: expectation {number}"
        assert set(item) == {"type", "kwargs", "severity", "meta"}, place
        assert item["meta"].get("why"), place


@pytest.mark.parametrize("entity", sorted(load_contracts()))
def test_input_and_staging_suites_name_columns_that_exist(entity: str) -> None:
    contract = load_contracts()[entity]
    columns = {*contract.columns, *ENVELOPE}
    renamed = RENAMED.get(entity, {})
    staged = {renamed.get(name, name) for name in columns}
    staged |= set(ADDED_TO_EVENTS) if contract.kind == "event" else set()
    for layer, table, known in (("input", entity, columns), ("staging", f"stg_{entity}", staged)):
        (suite,) = [s for s in SUITES[layer] if s.table == table]
        for item in suite.expectations:
            unknown = set(item.columns) - known
            assert not unknown, f"expectations/{layer}/{table}.yml: no column {sorted(unknown)}"


@pytest.mark.parametrize("entity", sorted(load_contracts()))
def test_staging_suite_proves_the_key_of_the_contract(entity: str) -> None:
    contract = load_contracts()[entity]
    (suite,) = [s for s in SUITES["staging"] if s.table == f"stg_{entity}"]
    unique = [
        item.columns
        for item in suite.expectations
        if "unique" in item.type and item.severity == "critical"
    ]
    assert contract.key in unique, f"expectations/staging/stg_{entity}.yml: key {contract.key}"


@pytest.mark.parametrize("entity", sorted(load_contracts()))
def test_batches_with_an_amount_are_compared_by_amount_too(entity: str) -> None:
    (suite,) = [s for s in SUITES["input"] if s.table == entity]
    has_amount = any(name in load_contracts()[entity].fields for name in ("amount", "cost"))
    compared = any(item.type == AMOUNT_LIKE_WEEKDAY for item in suite.own)
    assert compared == has_amount, f"expectations/input/{entity}.yml: {AMOUNT_LIKE_WEEKDAY}"
