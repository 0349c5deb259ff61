"""Windows: which files a path template finds, and the dates their names tell."""

from pathlib import Path

import pytest

from throughline.windows import find_files

NAMES = ("2026-03-01.csv", "report-2026-03-01-b.csv", "report-2026-03-02.csv", "2026-02-30.csv")


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
    windows = find_files(template, tmp_path, tmp_path)
    assert {label: [p.name for p in paths] for label, (_, paths) in windows.items()} == found
