"""`throughline check`: judge the served release again, now."""

from typing import Annotated

import typer

from throughline.errors import PublishError, ThroughlineError
from throughline.settings import load_settings


def register(commands: typer.Typer) -> None:
    """Add the commands of this module."""
    commands.command()(check)


def check(
    what: Annotated[str | None, typer.Argument(help="A layer or a suite; all if left out.")] = None,
) -> None:
    """Judge the tables of the served release again; exit 1 when a critical check fails.

    Input, staging and core suites judge data that is not in a release; their results of the last
    night are in audit.check_results.
    """
    from throughline.checks.gate import blocking, check_candidate
    from throughline.cli.tables import print_table
    from throughline.query import query

    settings = load_settings()
    absent = query(settings, "select not_connected from build_info").rows
    if not absent:
        raise PublishError(f"{settings.current} has no build_info; `throughline doctor`")
    results = [
        result
        for result in check_candidate(settings, settings.current.resolve(), set(absent[0][0]))
        if what in (None, result.layer, result.suite)
    ]
    if not results:
        raise ThroughlineError(f"no layer or suite of published tables is called {what!r}")
    rows = [
        (result.suite, result.expectation, result.severity, result.status, result.observed)
        for result in results
    ]
    print_table(("suite", "expectation", "severity", "status", "observed"), rows)
    if blocking(results):
        raise typer.Exit(1)
