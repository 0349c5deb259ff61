"""`throughline doctor`: what is missing or misconfigured, and how to mend it."""

import json
from dataclasses import asdict
from typing import Annotated

import typer


def register(commands: typer.Typer) -> None:
    """Add the commands of this module."""
    commands.command()(doctor)


def doctor(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Say in plain words what is missing or misconfigured; exit 1 when nights cannot run."""
    from throughline.doctor import examine

    found = examine()
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in found], indent=1))
    else:
        for finding in found:
            typer.echo(f"{finding.level:<8}{finding.subject}: {finding.problem}")
            typer.echo(f"        -> {finding.mend}")
        typer.echo("" if found else "Nothing is wrong.")
    if any(finding.level == "error" for finding in found):
        raise typer.Exit(1)
