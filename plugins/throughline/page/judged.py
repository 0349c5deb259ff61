"""What was checked: results of the last nights by layer, by suite, and one by one."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import Query

from throughline import landing
from throughline.errors import NotFoundError
from throughline.night_report import read_report, report_path
from throughline.page.reading import Here, one_reader
from throughline.past_nights import known_nights
from throughline.publish.swap import is_intact, release_path
from throughline.settings import Settings
from throughline.warehouse.engine import connect

LAYERS = (
    *("input", "staging", "core"),
    *("acquisition", "lead", "opportunity", "payment", "success"),
    *("growth", "private_domain", "journey", "activation", "audit"),
)
VERDICTS = ("critical", "warning", "pass")
"""What a night's checks of one layer or suite came to, the worst one counting."""

Results = list[dict[str, Any]]
Nights = Annotated[int, Query(ge=1, le=90, description="How many nights.")]


def read_checks(here: Here, nights: Nights = 14, layer: str | None = None) -> dict[str, Any]:
    """Worst verdict and counts per night, by layer, or by suite of one layer."""
    shown = known_nights(here)[-nights:]
    found = results_of(here, shown)
    key: Callable[[dict[str, Any]], str] = _suite if layer else _layer
    kept = {
        night: [result for result in found[night] if layer in (None, result["layer"])]
        for night in shown
    }
    names = {key(result) for results in kept.values() for result in results}
    return {
        "nights": shown,
        "limit": nights,
        "layer": layer,
        "rows": [
            {"name": name, "cells": [_cell(kept[night], key, name, night) for night in shown]}
            for name in sorted(names, key=_order)
        ],
    }


def read_night_checks(
    here: Here,
    as_of: date,
    layer: str | None = None,
    suite: str | None = None,
    failed: bool = False,
) -> dict[str, Any]:
    """Each result of a night, what failed first.

    Raises:
        NotFoundError: there was no such night.
    """
    if as_of not in known_nights(here):
        raise NotFoundError(f"There was no night of {as_of}; /checks shows which there were.")
    results = [
        {**result, "verdict": verdict(result)}
        for result in results_of(here, [as_of])[as_of]
        if layer in (None, result["layer"]) and suite in (None, result["suite"])
    ]
    kept = [result for result in results if not failed or result["verdict"] != "pass"]
    return {
        "as_of": as_of,
        "layer": layer,
        "suite": suite,
        "counts": Counter(result["verdict"] for result in results),
        "results": sorted(kept, key=lambda r: (VERDICTS.index(r["verdict"]), r["suite"])),
    }


def results_of(settings: Settings, nights: Sequence[date]) -> dict[date, Results]:
    """Check results by night: the input gate's from the batches, the others from the report.

    A night that was found done already has no checks of its own: those of its release count.
    """
    found: dict[date, Results] = {night: _built(settings, night) for night in nights}
    for batch in landing.input_batches(settings):
        if batch.as_of in found:
            found[batch.as_of] += landing.gate_results(batch)
    return found


def verdict(result: dict[str, Any]) -> str:
    """What one result means: pass, or the severity of what did not pass."""
    return "pass" if result["status"] in ("pass", "not_applicable") else result["severity"]


def worst(counts: Counter[str]) -> str | None:
    """The worst verdict of some results; None where there are none."""
    return next((name for name in VERDICTS if counts[name]), None)


def _built(settings: Settings, night: date) -> Results:
    if not report_path(settings, night).exists():
        return []
    report = read_report(settings, night)
    if report.checks:
        return [dict(vars(check)) for check in report.checks if check.layer != "input"]
    with one_reader():
        path = release_path(settings, report.run_id)
        if not is_intact(path, report.run_id):
            return []
        with connect(settings, path, read_only=True) as con:
            rows = con.execute("select * from audit.check_results where layer <> 'input'")
            names = [column[0] for column in rows.description or ()]
            return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]


def _cell(
    results: Results, key: Callable[[dict[str, Any]], str], name: str, night: date
) -> dict[str, Any]:
    counts = Counter(verdict(result) for result in results if key(result) == name)
    return {"as_of": night, "verdict": worst(counts), "counts": {k: counts[k] for k in VERDICTS}}


def _layer(result: dict[str, Any]) -> str:
    return result["layer"]


def _suite(result: dict[str, Any]) -> str:
    return result["suite"]


def _order(name: str) -> tuple[int, str]:
    return (LAYERS.index(name) if name in LAYERS else len(LAYERS), name)


def by_night(rows: Sequence[dict[str, Any]], nights: Sequence[date]) -> list[dict[str, Any]]:
    """One cell a night over all rows: for the overview."""
    sums: dict[date, Counter[str]] = defaultdict(Counter)
    for row in rows:
        for cell in row["cells"]:
            sums[cell["as_of"]].update(cell["counts"])
    return [
        {"as_of": night, "verdict": worst(sums[night]), "counts": dict(sums[night])}
        for night in nights
    ]
