"""Kill an extract at every step edge, run it again, and compare with an unbroken one."""

import os
import random
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ingest_case as case
from fork_case import kill_after
from scoreboard import Facts
from throughline.extract import extract_domain
from throughline.landing.files import DRAFT, read_json
from throughline.settings import Settings

POINTS = [
    "land.after_copy",
    "land.before_rename",
    "land.before_manifest",
    "land.after_manifest",
    "extract.after_landing",
    "conform.after_accepted",
    "conform.after_rejected",
    "conform.before_manifest",
    "conform.after_manifest",
    "extract.after_conform",
    "verdict.before",
    "verdict.after",
    "extract.after_report",
    "outcome.before",
    "outcome.after",
]
TIMES = (
    "extracted_at",
    "conformed_at",
    "finished_at",
    "at",
    "results",
    "origin",
    "accepted_sha256",
    "seconds",
    "begun_at",
)


def prepared(folder: Path) -> Settings:
    folder.mkdir()
    settings = case.make_settings(folder)
    case.write_source(settings)
    lines = [f"{n},in,1380013{n},2026-03-01 10:00:00,missed" for n in range(1000, 1120)]
    case.drop(settings, "calls_2026-03-01.csv", case.call_lines(*lines))
    case.drop(settings, "calls_2026-03-02.csv", case.call_lines(*lines[:-1]))
    return settings


def run_child(settings: Settings, order: str) -> int:
    """Run the extract in a forked process, and return the signal that ended it."""
    child = os.fork()
    if child == 0:
        os.environ["THROUGHLINE_FAULT"] = order
        extract_domain(settings, "calls", case.NIGHT)
        os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


def without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_times(item) for key, item in value.items() if key not in TIMES}
    return [without_times(item) for item in value] if isinstance(value, list) else value


def tree(settings: Settings) -> dict[str, Any]:
    """Everything below landing, input and outcomes, without instants of the clock and drafts."""
    found: dict[str, Any] = {}
    for root in (settings.landing, settings.input, settings.outcomes):
        for path in sorted(root.rglob("*")):
            name = path.relative_to(settings.home).as_posix()
            if DRAFT.fullmatch(path.name):
                continue
            if path.suffix == ".json":
                found[name] = without_times(read_json(path))
            elif path.suffix == ".parquet":
                columns = (
                    "* exclude (_loaded_at)" if "accepted" in name else "* exclude first_seen_at"
                )
                found[name] = case.rows(path, columns)
            elif path.is_file():
                found[name] = path.read_bytes()
    return found


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("THROUGHLINE_PII_KEY", "k")
        settings = prepared(tmp_path_factory.mktemp("golden") / "home")
        assert extract_domain(settings, "calls", case.NIGHT).status == "ok"
        return tree(settings)


def test_bad_input_kill_points_are_all_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = prepared(tmp_path / "home")
    names = tmp_path / "points"
    monkeypatch.setenv("THROUGHLINE_FAULT", f"record:{names}")
    extract_domain(settings, "calls", case.NIGHT)
    assert list(dict.fromkeys(names.read_text(encoding="utf-8").split())) == POINTS


@pytest.mark.parametrize("point", POINTS)
def test_bad_input_killed_extract_run_again_equals_an_unbroken_one(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    unbroken: dict[str, Any],
    point: str,
    facts: Facts,
) -> None:
    monkeypatch.setenv("THROUGHLINE_PII_KEY", "k")
    settings = prepared(tmp_path / "home")
    assert run_child(settings, f"{point}:kill") == signal.SIGKILL
    facts.killed(point)
    assert (tree(settings) == unbroken) == (point == "outcome.after")
    extract_domain(settings, "calls", case.NIGHT)
    is_same = tree(settings) == unbroken
    facts.compared(is_same)
    assert is_same


def test_bad_input_killed_at_random_instants_and_run_again_equals_an_unbroken_one(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    unbroken: dict[str, Any],
    facts: Facts,
    often: Callable[[int, int], int],
    seed: int,
) -> None:
    monkeypatch.setenv("THROUGHLINE_PII_KEY", "k")
    chance, longest = random.Random(seed), 1.0
    for number in range(often(5, 250)):
        settings = prepared(tmp_path / f"home{number}")
        unharmed = kill_after(
            lambda: extract_domain(settings, "calls", case.NIGHT),  # noqa: B023
            chance.uniform(0, longest),
        )
        if unharmed is None:
            facts.killed()
        else:
            longest = unharmed
        extract_domain(settings, "calls", case.NIGHT)
        is_same = tree(settings) == unbroken
        facts.compared(is_same)
        assert is_same, f"seed {seed}, kill {number}"
        shutil.rmtree(tmp_path / f"home{number}")
