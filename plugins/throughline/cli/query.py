"""`throughline query`: read-only SQL on the served release."""

from typing import Annotated

import typer

from throughline.errors import ThroughlineError
from throughline.settings import load_settings


def register(commands: typer.Typer) -> None:
    """Add the commands of this module."""
    commands.command()(query)


def query(
    sql: Annotated[str, typer.Argument(help="One SQL statement, or - for standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="A JSON array of objects.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV; formulas made harmless.")] = False,
) -> None:
    """Run SQL on the served release; nothing but this file can be read, nothing written."""
    import sys

    from throughline import query as reader
    from throughline.cli import tables

    if as_json and as_csv:
        raise ThroughlineError("choose one of --json and --csv")
    answer = reader.query(load_settings(), sys.stdin.read() if sql == "-" else sql)
    show = tables.print_json if as_json else tables.print_csv if as_csv else tables.print_table
    show(answer.columns, answer.rows)
