"""`throughline check`: judge the served release again, now."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from throughline.errors import PublishError, ThroughlineError
from throughline.settings import Settings, load_settings

if TYPE_CHECKING:
    from throughline.checks.results import CheckResult


def register(commands: typer.Typer) -> None:
    """Add the commands of this module."""
    commands.command()(check)


def check(
    what: Annotated[str | None, typer.Argument(help="A layer or a suite; all if left out.")] = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="What a night found, any layer.")
    ] = None,
) -> None:
    """Judge the tables of the served release again; exit 1 when a critical check fails.

    With --as-of nothing is judged: it shows what that night's gates found, those of staging and
    core too, whose data is not in a release.
    """
    from throughline.checks.results import blocking
    from throughline.cli.tables import print_table

    settings = load_settings()
    found = _of_night(settings, as_of.date()) if as_of else _judge_now(settings)
    results = [result for result in found if what in (None, result.layer, result.suite)]
    if not results:
        raise ThroughlineError(f"no layer or suite that was judged is called {what!r}")
    rows = [
        (result.suite, result.expectation, result.severity, result.status, result.observed)
        for result in results
    ]
    print_table(("suite", "expectation", "severity", "status", "observed"), rows)
    if blocking(results):
        raise typer.Exit(1)


def _judge_now(settings: Settings) -> "list[CheckResult]":
    from throughline.checks.gate import check_candidate
    from throughline.query import query

    absent = query(settings, "select not_connected from build_info").rows
    if not absent:
        raise PublishError(f"{settings.current} has no build_info; `throughline doctor`")
    return check_candidate(settings, settings.current.resolve(), set(absent[0][0]))


def _of_night(settings: Settings, as_of: date) -> "list[CheckResult]":
    from throughline.night_report import read_report

    return read_report(settings, as_of).checks
