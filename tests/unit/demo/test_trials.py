"""Experiments and surveys of the demo (T7, T8, T9, T21), judged from the exports alone."""

from collections import Counter, defaultdict
from datetime import date
from math import sqrt
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import chi2, chisquare, norm

from demo_case import exported_rows
from throughline.demo import trials
from throughline.demo.world import World

WORLD = World(7, "default", date(2025, 1, 1), date(2026, 6, 29))
USERS = [(number, f"u-{number}") for number in range(13_000)]
Told = tuple[dict[str, Any], dict[str, list[dict[str, str]]]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The truth, and the rows of every export."""
    folder: Path = tmp_path_factory.mktemp("trials")
    return trials.write(folder, WORLD, USERS), exported_rows(folder)


def arms_of(told: Told, name: str) -> dict[str, dict[str, int]]:
    """People and clicks by arm: whom the assignments name, and who opened a link they were sent."""
    _, rows = told
    pressed = {row["touch_id"] for row in rows["touch_events"] if row["kind"] == "clicked"}
    sent_in = "exp-slot" if name == "exp-slot" else "exp-tone"
    clicked = {
        row["person_key"]
        for row in rows["touches"]
        if row["experiment_id"] == sent_in and row["touch_id"] in pressed
    }
    found: dict[str, dict[str, int]] = defaultdict(lambda: {"people": 0, "clicked": 0})
    for row in rows["assignments"]:
        if row["experiment_id"] == name:
            found[row["variant"]]["people"] += 1
            found[row["variant"]]["clicked"] += row["unit_id"] in clicked
    return dict(found)


def compared(arms: dict[str, dict[str, int]], control: str, other: str) -> tuple[float, float]:
    """z of two shares, pooled, and the standard error of their difference."""
    (n0, x0), (n1, x1) = (tuple(arms[arm].values()) for arm in (control, other))
    pooled = (x0 + x1) / (n0 + n1)
    spread = sqrt(x0 * (n0 - x0) / n0**3 + x1 * (n1 - x1) / n1**3)
    return (x1 / n1 - x0 / n0) / sqrt(pooled * (1 - pooled) * (1 / n0 + 1 / n1)), spread


@pytest.mark.parametrize("name", ["exp-tone", "exp-aa", "exp-split", "exp-slot"])
def test_the_manifest_says_who_was_assigned_and_who_clicked(told: Told, name: str) -> None:
    assert arms_of(told, name) == told[0]["experiments"][name]


def test_the_friendly_tone_is_clicked_more_often_by_what_was_planted(told: Told) -> None:
    arms = arms_of(told, "exp-tone")
    z, spread = compared(arms, "formal", "friendly")
    gap = arms["friendly"]["clicked"] / 6000 - arms["formal"]["clicked"] / 6000
    assert arms["formal"]["people"] == arms["friendly"]["people"] == 6000
    assert 2 * norm.sf(z) < 0.05
    assert abs(gap - 0.03) < norm.ppf(0.9995) * spread


def test_an_aa_test_shows_no_difference_and_a_skewed_split_is_seen(told: Told) -> None:
    z, _ = compared(arms_of(told, "exp-aa"), "a", "b")
    assert 2 * norm.sf(abs(z)) > 0.001
    counts = [arm["people"] for arm in arms_of(told, "exp-aa").values()]
    assert chisquare(counts).pvalue == 1
    skewed = [arms_of(told, "exp-split")[arm]["people"] for arm in ("old", "new")]
    assert skewed[0] / sum(skewed) == 0.524
    assert chisquare(skewed).pvalue < 1e-6


def test_four_send_slots_make_no_difference(told: Told) -> None:
    arms = arms_of(told, "exp-slot")
    assert {arm["people"] for arm in arms.values()} == {2000}
    clicks = sum(arm["clicked"] for arm in arms.values())
    hoped = clicks / 4
    spread = sum((arm["clicked"] - hoped) ** 2 for arm in arms.values())
    assert chi2.sf(spread / (hoped * (1 - clicks / 8000)), 3) > 0.001


def test_every_wave_has_the_promoters_and_detractors_that_were_planted(told: Told) -> None:
    truth, rows = told
    last: dict[tuple[str, str], tuple[str, int]] = {}
    for row in rows["nps"]:
        if row["answered_at"]:
            key = row["wave"], row["person_key"]
            last[key] = max(last.get(key, ("", 0)), (row["answered_at"], int(row["score"])))
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for (wave, _), (_, score) in last.items():
        found[wave]["promoters" if score > 8 else "passives" if score > 6 else "detractors"] += 1
    assert len(found) == 6
    for wave, counts in found.items():
        said = {**counts, "nps": counts["promoters"] - counts["detractors"]}
        assert said == truth["nps"][wave]
    assert truth["nps"]["2026-06"] == {
        "promoters": 30, "passives": 50, "detractors": 20, "nps": 10,
    }  # fmt: skip


def test_what_was_exported_is_never_changed(tmp_path: Path) -> None:
    truth = trials.write(tmp_path, WORLD, USERS)
    kept = {path: path.read_bytes() for path in (tmp_path / "growth").iterdir()}
    assert trials.write(tmp_path, WORLD, USERS) == truth
    assert {path: path.read_bytes() for path in (tmp_path / "growth").iterdir()} == kept
