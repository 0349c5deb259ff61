"""Fold the failed checks of one gate into incidents: one per owner and severity."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from throughline.alerts.incident import Severity
from throughline.alerts.incidents import report_gone, report_incident, report_passed
from throughline.checks.results import CheckResult, failed
from throughline.settings import Settings

SHOWN = 10
NOT_APPLICABLE = "the check is not applicable any more"
NOT_THERE = "the check is not there any more: renamed or deleted"


def report_checks(
    settings: Settings,
    results: Iterable[CheckResult],
    *,
    window: str,
    blocks: str,
    command: str,
    subject: str = "",
    run_id: str = "",
    behind: Callable[[set[str]], Sequence[str]] = sorted,
    whole: bool = True,
) -> int:
    """Report failed and erring checks and return the number of incidents; never raises.

    A check that passed is no longer a part of the incident it once failed in; nor is one that is
    not applicable any more, or that is not there any more because it was renamed or deleted. The
    last is known where `results` are all that there are of their layers (`whole`).

    `blocks` is said of critical ones; a warning blocks nothing. `window` is the night or the
    batch; `subject` names what was judged, by default the layers. `behind` says of tables
    (`schema.table`) what is made of them.
    """
    groups: dict[tuple[str, Severity], list[CheckResult]] = defaultdict(list)
    judged = list(results)
    for result in failed(judged):
        groups[(result.owner, result.severity)].append(result)
    for (owner, severity), found in groups.items():
        layers = ", ".join(sorted({result.layer for result in found}))
        report_incident(
            settings,
            kind="check",
            subject=f"{subject or layers} ({owner}, {severity})",
            owner=owner,
            severity=severity,
            summary=_summary(layers, found),
            blocks=blocks if severity == "critical" else "nothing; the release is published",
            command=command,
            window=window,
            detail="; ".join(_line(result) for result in found[:SHOWN]) + _rest(found),
            parts={_name(result): _said(result) for result in found},
            run_id=run_id,
            blast_radius=behind({f"{result.layer}.{result.table_name}" for result in found}),
        )
    _end(settings, judged, window, whole)
    return len(groups)


def _end(settings: Settings, judged: list[CheckResult], window: str, whole: bool) -> None:
    """End what passed, what is not applicable any more, and what nobody judges any more."""
    broken = {_name(result) for result in failed(judged)}
    passed = {_name(result) for result in judged if result.status == "pass"} - broken
    idle = {_name(result) for result in judged} - broken - passed
    scopes = sorted({f"{result.suite.partition('.')[0]}." for result in judged})
    if passed:
        report_passed(settings, ["check"], [], window, sorted(passed))
    if idle:
        report_passed(settings, ["check"], [], window, sorted(idle), NOT_APPLICABLE)
    if scopes and whole:
        present = sorted(broken | passed | idle)
        report_gone(settings, ["check"], window, scopes, present, NOT_THERE)


def _name(result: CheckResult) -> str:
    return f"{result.suite}: {result.expectation}"


def _summary(layers: str, found: list[CheckResult]) -> str:
    first = found[0]
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{layers}: check {first.suite} {first.expectation} {_said(first)}{more}"


def _line(result: CheckResult) -> str:
    return f"{result.suite} {result.expectation}: {_said(result)} ({result.why})"


def _said(result: CheckResult) -> str:
    verb = "failed" if result.status == "fail" else "could not be judged"
    return f"{verb}: {result.observed}, expected {result.expected}"


def _rest(found: list[CheckResult]) -> str:
    return f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
