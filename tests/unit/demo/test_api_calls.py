"""The demo's API (T25): a catalogue of 3,200 endpoints, and what each request asks for."""

import csv
import gzip
import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from throughline import demo
from throughline.settings import Settings, load_settings
from throughline.source_folders import load_sources

END = date(2026, 6, 30)
PLACEHOLDERS = ("{", ":", "<", "[")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, demo.Truth]:
    folder = tmp_path_factory.mktemp("api")
    (folder / "throughline.yml").write_text("home: home\ndemo: {size: tiny, nights: 3}\n")
    settings = load_settings(folder / "throughline.yml")
    return settings, demo.generate(settings, END)


def catalogue(settings: Settings) -> dict[tuple[str, str], str]:
    """Endpoint by method and template, with * for every placeholder."""
    with (settings.demo_folder / "product" / "endpoints.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = {}
    for row in rows:
        words = [
            "*" if word.startswith(PLACEHOLDERS) else word
            for word in row["route_template"].split("/")
        ]
        found[row["method"], "/".join(words)] = row["endpoint_id"]
    assert len(rows) == len(found)
    return found


def requests(settings: Settings) -> dict[str, dict[str, str]]:
    """Requests by id, those of a method that there is."""
    found = {}
    for path in sorted((settings.demo_folder / "product").glob("requests_*.jsonl.gz")):
        for line in gzip.open(path, "rt", encoding="utf-8"):
            asked = json.loads(line)
            if asked["method"] != "FETCH":
                found[asked["request_id"]] = asked
    return found


def endpoint_of(known: dict[tuple[str, str], str], asked: dict[str, str]) -> str:
    """The endpoint of a request: word by word, or with anything in the place after the thing."""
    words = asked["uri"].split("?")[0].split("/")
    odd = "/".join([*words[:5], "*", *words[6:]])
    method = asked["method"]
    return known.get((method, "/".join(words)), known.get((method, odd), "UNMAPPED"))


def test_the_catalogue_has_3200_endpoints_of_five_lines_and_no_two_alike(made) -> None:
    settings, _ = made
    known = catalogue(settings)
    assert len(known) == 3200
    assert Counter(name.split(".")[0] for name in known.values()) == dict.fromkeys(
        ("erp", "mall", "scrm", "finance", "bi"), 640
    )


def test_requests_ask_for_what_the_manifest_says(made) -> None:
    settings, truth = made
    known, asked = catalogue(settings), requests(settings)
    found = Counter(endpoint_of(known, one) for one in asked.values())
    assert dict(found) == truth.data["api"]["requests"]
    assert len(found) > 100
    unknown = {
        "/".join("{id}" if word.isdigit() else word for word in one["uri"].split("/"))
        for one in asked.values()
        if endpoint_of(known, one) == "UNMAPPED"
    }
    assert unknown == set(truth.data["api"]["unknown_routes"])
    assert len(unknown) == 12


def test_seven_endpoints_are_asked_with_ids_that_are_no_numbers(made) -> None:
    settings, truth = made
    known = catalogue(settings)
    given = {
        endpoint_of(known, one): one["uri"].split("/")[5]
        for one in requests(settings).values()
        if endpoint_of(known, one) in truth.data["api"]["ambiguous"]
    }
    assert len(given) == 7
    shapes = {"".join("9" if c.isdigit() else c for c in value)[:6] for value in given.values()}
    assert len(shapes) >= 4


def test_the_use_of_a_feature_is_a_request_to_its_endpoint(made) -> None:
    settings, truth = made
    used = Counter()
    for path in (settings.demo_folder / "product").glob("events_*.jsonl.gz"):
        for line in gzip.open(path, "rt", encoding="utf-8"):
            if line.rstrip().endswith("}}") and '"event":"export_report"' in line:
                record = json.loads(line)
                if record["type"] == "track":
                    used[record["_track_id"], record["distinct_id"]] += 1
    exported = truth.data["api"]["requests"]["bi.main.reports.export"]
    # A record may still be on its way when the world ends, and one of another feature looks around.
    assert 0 < len(used) <= exported <= len(used) * 1.1 + 3


def test_the_demos_gateway_is_read_by_the_mappings_of_its_pack(made) -> None:
    settings, _ = made
    folder = load_sources(settings)["demo_product"].folder
    for name in ("api_request_log.sql", "api_endpoint.sql"):
        pack = folder.parents[1] / "packs" / "api_gateway" / name
        assert (folder / name).read_bytes() == Path(pack).read_bytes()
