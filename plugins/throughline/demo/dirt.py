"""Dirt planted in event streams: when a row arrives, whether it arrives twice, who sent it."""

from random import Random

LATE, VERY_LATE, SKEWED = 0.02, 0.001, 0.001
DUPLICATED = 0.005
DAY_MS = 86_400_000


def arrival(rng: Random, moment: int) -> tuple[int, int, str | None]:
    """Client and collector instants (ms) of an event that happened at `moment`, and its tag."""
    chance = rng.random()
    if chance < LATE:
        return moment, moment + int(DAY_MS * (0.05 + 2.9 * rng.random())), "late_3d"
    if chance < LATE + VERY_LATE:
        return moment, moment + int(DAY_MS * (4.1 + 15 * rng.random())), "late_over_3d"
    if chance < LATE + VERY_LATE + SKEWED:
        ahead = int(DAY_MS * (0.05 + 1.9 * rng.random()))
        return moment + ahead, moment, "clock_skew"
    return moment, moment + 200 + int(rng.random() * 5000), None


def twin(rng: Random) -> str | None:
    """Whether an event arrives twice: byte for byte, or with the same id and other content."""
    chance = rng.random()
    if chance >= DUPLICATED:
        return None
    return "duplicate_exact" if chance < DUPLICATED / 2 else "duplicate_key"


def typed_utm(rng: Random, value: str) -> tuple[str, bool]:
    """A utm value with the odd case and spaces that people type, and whether it was changed."""
    chance = rng.random()
    if chance < 0.02:
        return value.upper(), True
    if chance < 0.03:
        return f" {value} ", True
    if chance < 0.04:
        return value.title(), True
    return value, False
