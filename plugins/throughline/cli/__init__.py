"""`throughline …`: the commands, one small module per group, nothing heavy imported up front."""

import sys

import typer

from throughline.cli import (
    alerts,
    batch,
    checks,
    doctor,
    nights,
    query,
    rejected,
    release,
    source,
    stack,
    status,
    upkeep,
)
from throughline.errors import ThroughlineError

commands = typer.Typer(
    name="throughline",
    help="An open warehouse of the whole customer lifecycle.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in (stack, nights, status, checks, query, doctor, alerts, upkeep):
    module.register(commands)
for group in (source, release, batch, rejected, alerts):
    commands.add_typer(group.commands)


def app() -> None:
    """Run the command line; an error a user can act on is one message and exit code 1."""
    try:
        commands()
    except ThroughlineError as error:
        print(f"throughline: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except OSError as error:  # names the file, or the address
        print(f"throughline: the system refuses: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("throughline: interrupted", file=sys.stderr)
        raise SystemExit(130) from None
