"""The gates of the night: judge, tell, stop."""

from datetime import date
from pathlib import Path

from throughline import fault
from throughline.checks.results import CheckResult, blocking
from throughline.errors import CheckFailed
from throughline.night_alerts import report_checks
from throughline.settings import Settings
from throughline.warehouse.build import Touched

SHARED_LAYERS = ("staging", "core")


def judge_layers(
    settings: Settings, as_of: date, work_file: Path, touched: Touched
) -> list[CheckResult]:
    """Judge staging and core on the touched dates, and open incidents for what did not pass."""
    from throughline.checks.gate import check_layer

    results = [
        result
        for layer in SHARED_LAYERS
        for result in check_layer(settings, layer, work_file, touched)
    ]
    fault.point("night.core_judged")
    report_checks(settings, as_of, results)
    return results


def stop_on(results: list[CheckResult], where: str) -> None:
    """Stop the night when a critical result neither passed nor is not applicable.

    Raises:
        CheckFailed: names every such check.
    """
    broken = blocking(results)
    if broken:
        lines = [f"  {r.suite}: {r.expectation} ({r.status}: {r.observed})" for r in broken]
        raise CheckFailed(
            f"{len(broken)} critical checks did not pass in {where}:\n" + "\n".join(lines)
        )
