"""`throughline status`: the last nights, what is served, incidents."""

import json
from datetime import datetime
from typing import Annotated, Any

import typer

from throughline.cli.tables import one_line, print_table
from throughline.errors import ThroughlineError
from throughline.past_nights import known_nights, night_facts
from throughline.settings import DOMAINS, Settings, load_settings


def register(commands: typer.Typer) -> None:
    """Add the commands of this module."""
    commands.command()(status)


def status(
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
    nights: Annotated[int, typer.Option(min=1, help="How many nights.")] = 7,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Show the last nights, the release that is served and the incidents not resolved."""
    settings = load_settings()
    known = [as_of.date()] if as_of else known_nights(settings)[-nights:]
    found = {
        "stack": stack_parts(settings),
        "served": settings.current.resolve().stem if settings.current.exists() else None,
        "nights": [night_facts(settings, night) for night in known],
        "incidents": _incidents(settings),
    }
    if as_json:
        typer.echo(json.dumps(found, indent=1, default=str, ensure_ascii=False))
    else:
        _print(found)


def stack_parts(settings: Settings) -> dict[str, bool]:
    """Which parts of Airflow run: processes of this home, else what a server's Airflow says."""
    from throughline.local import processes, rest

    known = {process.name: process.alive for process in processes.remembered(settings)}
    if known or not settings.airflow_url:
        return known
    health = rest.Airflow(settings.airflow_url).health()
    return {name: state == "healthy" for name, state in health.items()}


def _incidents(settings: Settings) -> list[dict[str, Any]] | None:
    from throughline.alerts import register

    try:
        return register.incidents(settings)
    except ThroughlineError:
        return None


def _print(found: dict[str, Any]) -> None:
    running = [name for name, alive in found["stack"].items() if alive]
    typer.echo(f"stack   {', '.join(running) or 'not running'}")
    typer.echo(f"served  {found['served'] or 'nothing yet'}\n")
    rows = [
        (
            night["as_of"],
            *(night["outcomes"].get(domain, "-") for domain in DOMAINS),
            night["lifecycle"] or "-",
            len(night["failed_checks"]),
            night["run_id"],
        )
        for night in found["nights"]
    ]
    print_table(("night", *DOMAINS, "lifecycle", "failed checks", "run"), rows)
    for night in found["nights"]:
        for domain, detail in night["details"].items():
            if night["outcomes"][domain] != "ok":
                typer.echo(f"  {night['as_of']} {domain}: {detail}")
        if night["error"]:
            typer.echo(f"  {night['as_of']} lifecycle: {night['error']}")
    _print_incidents(found["incidents"])


def _print_incidents(incidents: list[dict[str, Any]] | None) -> None:
    if incidents is None:
        typer.echo("\nincidents: unknown, their database is not running (`throughline up`)")
        return
    typer.echo(f"\nincidents not resolved: {len(incidents)}; all: throughline alerts list --all")
    for found in incidents:
        state = f"acknowledged by {found['acknowledged_by']}, " if found["acknowledged_by"] else ""
        typer.echo(f"  {found['severity']} {one_line(found['summary'])} ({state}{found['owner']})")
        typer.echo(f"    blocks {one_line(found['blocks'])}; look: {found['command']}")
