"""`throughline backfill`: nights of the past, oldest first, one at a time."""

from datetime import datetime
from typing import Annotated

import typer

from throughline.errors import ThroughlineError
from throughline.settings import load_settings

_DAY = ["%Y-%m-%d"]


def register(commands: typer.Typer) -> None:
    """Add the commands of this module."""
    commands.command()(backfill)


def backfill(
    first: Annotated[datetime, typer.Option("--from", formats=_DAY, help="First business date.")],
    last: Annotated[datetime, typer.Option("--to", formats=_DAY, help="Last business date.")],
    local: Annotated[bool, typer.Option("--local", help="Here and now, without Airflow.")] = False,
) -> None:
    """Run nights again or for the first time, oldest first, one at a time.

    Through Airflow's scheduler when the stack is up; with --local here and now. A night older than
    the served release is built apart and not served.
    """
    from throughline.local import backfilling
    from throughline.local.progress import Progress
    from throughline.nights import span, yesterday

    nights = span(first.date(), last.date())
    if not nights:
        raise ThroughlineError(f"--from {first:%Y-%m-%d} is after --to {last:%Y-%m-%d}")
    settings = load_settings()
    newest = yesterday(settings)
    if nights[-1] > newest:
        raise ThroughlineError(
            f"--to {last:%Y-%m-%d} is not over; the newest night is {newest}. A later one would be"
            " served, and every night until then be back-dated"
        )
    run = backfilling.here if local else backfilling.scheduled_nights
    if not run(settings, nights, Progress()):
        raise typer.Exit(1)
