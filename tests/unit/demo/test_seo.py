"""Ranks in search: one keyword falls from 3 to 18 and is gone (T22), a row a day for each."""

import csv
from collections import Counter
from datetime import date
from pathlib import Path

from throughline import demo
from throughline.settings import load_settings


def test_the_falling_keyword_stands_third_then_eighteenth_then_nowhere(tmp_path: Path) -> None:
    (tmp_path / "throughline.yml").write_text("home: home\ndemo: {size: tiny, nights: 3}\n")
    settings = load_settings(tmp_path / "throughline.yml")
    truth = demo.generate(settings, date(2026, 6, 30))
    rows = []
    for path in sorted((settings.demo_folder / "growth").glob("seo_ranks_*.csv")):
        with path.open(encoding="utf-8") as file:
            rows += list(csv.DictReader(file))
    kept = Counter((row["device"], row["keyword"], row["date"]) for row in rows)
    assert len(kept) == len(rows) == 91 * 12
    falling = {
        row["date"]: row["rank"]
        for row in rows
        if row["keyword"] == truth.data["seo"]["keyword"] and row["device"] == "mobile"
    }
    assert [falling[day] for day in ("2026-04-30", "2026-05-01", "2026-05-15", "2026-05-16")] == [
        "3", "18", "18", "",
    ]  # fmt: skip
    assert str(truth.data["seo"]["falls_on"]) == "2026-05-01"
    assert str(truth.data["seo"]["gone_from"]) == "2026-05-16"
    assert all(row["rank"] for row in rows if row["keyword"] != truth.data["seo"]["keyword"])
    assert all(int(row["clicks"]) <= int(row["impressions"]) for row in rows)
