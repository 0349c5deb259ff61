"""The pilot's key feature (T5), judged from the export alone."""

from collections import defaultdict
from datetime import date
from math import sqrt
from pathlib import Path

import pytest
from scipy.stats import norm

from demo_case import exported_rows
from throughline.demo import pilot
from throughline.demo.world import World

WORLD = World(7, "default", date(2025, 1, 1), date(2026, 6, 28))
User = tuple[set[str], int, bool]


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> list[User]:
    """Features tried in the first week, days with a login in it, and whether the user was back."""
    folder: Path = tmp_path_factory.mktemp("pilot")
    pilot.write(folder, WORLD)
    events = defaultdict(list)
    told = exported_rows(folder)["pilot_events"]
    for row in (row for row in told if row["login_id"].startswith("u-pilot-")):
        events[row["login_id"]].append((date.fromisoformat(row["event_time"][:10]), row))
    found = []
    for story in events.values():
        first = min(day for day, _ in story)
        week = [row["event"] for day, row in story if (day - first).days < 7]
        back = any(22 <= (day - first).days <= 28 for day, _ in story)
        found.append((set(week) - {"login"}, week.count("login"), back))
    return found


def gap(users: list[User], feature: str) -> tuple[float, float]:
    """How much more often users of a feature are back, and the z of that."""
    sides = [[back for tried, _, back in users if (feature in tried) == yes] for yes in (0, 1)]
    rates = [sum(side) / len(side) for side in sides]
    pooled = sum(map(sum, sides)) / len(users)
    spread = sqrt(pooled * (1 - pooled) * sum(1 / len(side) for side in sides))
    return rates[1] - rates[0], (rates[1] - rates[0]) / spread


def adjusted(users: list[User], feature: str) -> float:
    """The gap among users of about as many days, weighted by how many compare."""
    parts = []
    for eager in (False, True):
        alike = [user for user in users if (user[1] >= pilot.EAGER_DAYS) == eager]
        tried = sum(feature in user[0] for user in alike)
        parts.append((tried * (len(alike) - tried) / len(alike), gap(alike, feature)[0]))
    return sum(weight * value for weight, value in parts) / sum(weight for weight, _ in parts)


def test_the_key_feature_is_first_and_adds_what_was_planted(users: list[User]) -> None:
    assert len(users) == 4000
    gaps = {name: gap(users, name) for name in pilot.TRIED}
    assert max(gaps, key=lambda name: adjusted(users, name)) == pilot.KEY
    value, z = gaps[pilot.KEY]
    assert 2 * norm.sf(z) * len(gaps) < 0.001
    assert abs(value - 0.15) < norm.ppf(0.9995) * value / z


@pytest.mark.parametrize("name", pilot.PLACEBOS)
def test_a_placebo_makes_no_difference(users: list[User], name: str) -> None:
    assert 2 * norm.sf(abs(gap(users, name)[1])) > 0.001


def test_what_eager_users_try_loses_its_gap_among_users_alike(users: list[User]) -> None:
    value, z = gap(users, pilot.CONFOUNDED)
    assert 2 * norm.sf(z) < 0.001
    assert abs(adjusted(users, pilot.CONFOUNDED)) <= 0.4 * value
