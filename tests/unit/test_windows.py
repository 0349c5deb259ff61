"""Windows: which files a path template finds, and the dates their names tell."""

from pathlib import Path

import pytest

from throughline.windows import Window, find_files

NAMES = ("2026-03-01.csv", "report-2026-03-01-b.csv", "report-2026-03-02.csv")


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("{date}.csv", {"2026-03-01": ["2026-03-01.csv"]}),
        ("report-{date}*.csv", {"2026-03-01": [NAMES[1]], "2026-03-02": [NAMES[2]]}),
        ("*{date}*.csv", {"2026-03-01": [*NAMES[:2]], "2026-03-02": [NAMES[2]]}),
        ("**{date}.csv", {"2026-03-01": [NAMES[0]], "2026-03-02": [NAMES[2]]}),
        ("*.csv", {"snapshot": sorted(NAMES)}),
        ("other/{date}.csv", {}),
    ],
)
def test_template_finds_its_files_by_the_date_in_their_names(
    tmp_path: Path, template: str, found: dict[str, list[str]]
) -> None:
    for name in NAMES:
        (tmp_path / name).touch()
    matched = find_files(template, tmp_path, tmp_path)
    assert names_of(matched.windows) == found
    assert matched.wrong is None


@pytest.mark.parametrize("template", ["*_{date}.csv", "*{date}*", "*/*{date}.csv", "*"])
def test_star_begins_no_hidden_name(tmp_path: Path, template: str) -> None:
    for name in ("._calls_2026-03-01.csv", ".calls_2026-03-01.csv.swp", "a/~$b_2026-03-01.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".trash").mkdir()
    (tmp_path / ".trash" / "calls_2026-03-01.csv").touch()
    assert find_files(template, tmp_path, tmp_path).windows == {}


@pytest.mark.parametrize("template", ["a?/[EU] {date}.csv", "*/[EU] {date}.csv", "a?/[EU] *.csv"])
def test_only_a_star_stands_for_other_characters(tmp_path: Path, template: str) -> None:
    for name in ("a?/[EU] 2026-03-01.csv", "ab/E 2026-03-01.csv"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    ((_, found),) = find_files(template, tmp_path, tmp_path).windows.values()
    assert [path.name for path in found] == ["[EU] 2026-03-01.csv"]


def test_hidden_name_that_a_path_spells_out_is_found(tmp_path: Path) -> None:
    (tmp_path / ".drop").mkdir()
    (tmp_path / ".drop" / ".calls_2026-03-01.csv").touch()
    matched = find_files(".drop/.*_{date}.csv", tmp_path, tmp_path)
    assert names_of(matched.windows) == {"2026-03-01": [".calls_2026-03-01.csv"]}


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("calls_{date}.csv", "calls_2026-02-30.csv"),
        ("calls_{date}_{until}.csv", "calls_2026-03-01_2026-13-01.csv"),
        ("calls_{date}_{until}.csv", "calls_2026-03-02_2026-03-01.csv"),
    ],
)
def test_name_without_a_date_of_the_calendar_is_told(
    tmp_path: Path, template: str, name: str
) -> None:
    (tmp_path / name).touch()
    (tmp_path / "calls_2026-03-01.csv").touch()
    matched = find_files(template, tmp_path, tmp_path)
    assert names_of(matched.windows) == {"2026-03-01": ["calls_2026-03-01.csv"]}
    assert matched.wrong is not None
    for said in (name, template, "rename the file"):
        assert said in matched.wrong


def names_of(windows: dict[str, tuple[Window, list[Path]]]) -> dict[str, list[str]]:
    return {label: [path.name for path in paths] for label, (_, paths) in windows.items()}
