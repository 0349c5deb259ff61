"""Volumes against their own past: median and MAD, so that one odd night spoils no bound."""

from collections.abc import Sequence
from decimal import Decimal
from statistics import median

from throughline.checks.own import Likeness
from throughline.checks.results import Status

SIGMA_PER_MAD = 1.4826
"""Standard deviation of a normal distribution in units of its median absolute deviation."""

Number = int | float | Decimal


def compare(
    value: Number, before: Sequence[Number], likeness: Likeness, unit: str, of: str
) -> tuple[Status, str]:
    """Compare a number with earlier ones, oldest first; say the outcome in words.

    `not_applicable` while there are fewer than `likeness.enough` earlier ones: warming up. With
    all earlier ones alike (MAD 0) the share and the absolute tolerance still hold, with all zero
    the absolute one alone.
    """
    known = [float(number) for number in before[-likeness.most :]]
    said = f"{value:,} {unit}"
    if len(known) < likeness.enough:
        return "not_applicable", f"{said}; warming up: {len(known)} of {likeness.enough} {of}"
    low, high = bounds(known, likeness)
    fine = low <= float(value) <= high
    usual = f"{max(low, 0):,.6g} to {high:,.6g} usual, median {median(known):,.6g}"
    return "pass" if fine else "fail", f"{said}; {usual} of {len(known)} {of}"


def bounds(known: Sequence[float], likeness: Likeness) -> tuple[float, float]:
    """Smallest and largest number that is like the known ones."""
    center = median(known)
    mad = median(abs(number - center) for number in known)
    allowed = max(
        likeness.deviations * SIGMA_PER_MAD * mad,
        likeness.within * abs(center),
        likeness.at_least,
    )
    return center - allowed, center + allowed
