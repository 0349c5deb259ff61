"""The demo world: fixed by seed, size and first end; extended, never rewritten."""

import gzip
import hashlib
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from throughline import demo
from throughline.demo.times import add_months, day_of, start_of
from throughline.demo.world import open_world
from throughline.errors import ConfigError
from throughline.settings import Settings, load_settings

END = date(2026, 6, 30)


def settings_in(folder: Path, **keys: object) -> Settings:
    import yaml

    folder.mkdir(parents=True, exist_ok=True)
    given = {"home": "home", "demo": {"size": "tiny", **keys}}
    (folder / "throughline.yml").write_text(yaml.safe_dump(given), encoding="utf-8")
    return load_settings(folder / "throughline.yml")


def source_files(settings: Settings) -> dict[str, str]:
    """Path below the demo folder → sha256 of every file a source delivers."""
    kinds = ("web", "ads", "finance", "calls", "product", "reference", "growth",
             "scrm", "success", "campaigns", "content")  # fmt: skip
    return {
        str(path.relative_to(settings.demo_folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for kind in kinds
        for path in sorted((settings.demo_folder / kind).rglob("*"))
        if path.is_file()
    }


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    found = {}
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        settings = settings_in(tmp_path / name, seed=seed)
        truth = demo.generate(settings, END)
        found[name] = source_files(settings), truth.path.read_bytes()
    assert found["a"] == found["b"]
    assert found["a"][0]["web/pageviews_2026-06-30.jsonl.gz"]
    assert found["a"][0] != found["c"][0]


def test_a_longer_world_begins_with_the_bytes_of_the_shorter_one(tmp_path: Path) -> None:
    short = settings_in(tmp_path / "short")
    demo.generate(short, END)
    before = source_files(short)
    long = settings_in(tmp_path / "long")
    long.demo_folder.mkdir(parents=True)
    shutil.copy(short.demo_folder / "world.json", long.demo_folder)
    demo.generate(long, date(2026, 7, 4))
    after = source_files(long)
    assert {name: after[name] for name in before} == before
    assert "product/events_2026-07-04.jsonl.gz" in after

    demo.generate(short, date(2026, 7, 4))
    assert source_files(short) == after


def test_history_is_one_file_and_every_night_after_it_one_more(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, nights=2)
    demo.generate(settings, END)
    names = sorted(path.name for path in (settings.demo_folder / "calls").glob("cdr_*.gz"))
    assert names == ["cdr_2026-04-01_2026-06-29.csv.gz", "cdr_2026-06-30.csv.gz"]


def test_trackers_and_phones_of_a_tiny_world_say_something_every_day(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, nights=60)
    demo.generate(settings, END)
    empty = [
        path.name
        for pattern in ("web/pageviews_*.gz", "product/events_*.gz", "calls/cdr_*.gz")
        for path in settings.demo_folder.glob(pattern)
        if len(gzip.decompress(path.read_bytes()).splitlines()) <= ("cdr" in path.name)
    ]
    assert empty == []
    assert len(list(settings.demo_folder.glob("product/events_*.gz"))) == 60


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--home", "away"], "throughline: no throughline.yml in "),
        (["--nights", "0"], "error: argument --nights: invalid"),
        (["--size", "vast"], "error: argument --size: invalid choice"),
    ],
)
def test_the_command_says_in_a_line_what_is_wrong(
    tmp_path: Path, more: list[str], said: str
) -> None:
    command = [sys.executable, "-m", "throughline.demo", "--end", "2026-06-30", *more]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert said in done.stderr.splitlines()[-1]


def test_a_folder_with_another_seed_is_refused(tmp_path: Path) -> None:
    open_world(settings_in(tmp_path, seed=7), END)
    with pytest.raises(ConfigError, match="holds seed 7, size tiny"):
        demo.generate(settings_in(tmp_path, seed=9), END)


def test_an_end_inside_the_history_file_is_refused(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    open_world(settings, END)
    with pytest.raises(ConfigError, match="lies before it"):
        demo.generate(settings, date(2026, 6, 1))


def test_months_end_on_days_that_exist() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert add_months(date(2026, 12, 31), 2) == date(2027, 2, 28)
    assert add_months(date(2026, 3, 15), -3) == date(2025, 12, 15)


def test_business_days_begin_at_sixteen_hours_utc() -> None:
    day = date(2026, 6, 30).toordinal()
    assert start_of(day) == 1_782_748_800  # 2026-06-29T16:00:00Z
    assert day_of(start_of(day)) == day
    assert day_of(start_of(day) - 1) == day - 1
