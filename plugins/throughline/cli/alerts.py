"""`throughline alerts …`: incidents, who is at them, and their delivery."""

import getpass
import json
import os
from typing import Annotated, Any

import typer

from throughline.cli.tables import one_line, print_table
from throughline.settings import load_settings

commands = typer.Typer(
    name="alerts", help="Incidents: list, show, acknowledge, resolve.", no_args_is_help=True
)
Number = Annotated[int, typer.Argument(metavar="INCIDENT", help="Number; see `alerts list`.")]


def _me() -> str:
    """Name of the user; a container may run as a number that has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


By = Annotated[str, typer.Option(default_factory=_me, help="Who says so.")]
Json = Annotated[bool, typer.Option("--json")]


def register(everything: typer.Typer) -> None:
    """Add the command of this module that is no `alerts …`."""
    everything.command()(watchdog)


def watchdog(
    every: Annotated[
        int | None, typer.Option(min=1, help="Seconds between looks; without, look once.")
    ] = None,
) -> None:
    """Notice silence from outside Airflow, and deliver alerts; exit 1 when something is silent."""
    import time

    from throughline import alerts
    from throughline.watchdog import watch

    settings = load_settings()
    while True:
        silent = watch(settings)
        delivered = alerts.deliver(settings)
        typer.echo(f"silent: {', '.join(silent) or 'nothing'}; {delivered}")
        if every is None:
            raise typer.Exit(1 if silent else 0)
        time.sleep(every)


@commands.command("list")
def list_(
    all_: Annotated[bool, typer.Option("--all", help="Resolved ones too.")] = False,
    as_json: Json = False,
) -> None:
    """List the incidents that are not resolved, newest first."""
    from throughline.alerts import register

    found = register.incidents(load_settings(), all_)
    if as_json:
        _print_json(found)
        return
    rows = [
        (
            row["incident_id"],
            row["status"],
            row["severity"],
            row["owner"],
            f"{row['opened_at']:%Y-%m-%d %H:%M %Z}",
            row["occurrences"],
            one_line(row["summary"]),
        )
        for row in found
    ]
    print_table(("no", "status", "severity", "owner", "opened", "times", "summary"), rows)


@commands.command()
def show(incident: Number, as_json: Json = False) -> None:
    """Show one incident: what failed, what was done, who was told."""
    from throughline.alerts import register

    found = register.incident(load_settings(), incident)
    if as_json:
        _print_json(found)
        return
    for name in ("summary", "severity", "owner", "window", "blocks", "command", "detail"):
        typer.echo(f"{name:9}{one_line(found[name])}")
    typer.echo(f"since    run {found['first_bad_run'] or '-'}, served {found['served'] or '-'}")
    typer.echo(f"behind   {one_line(', '.join(found['blast_radius'])) or '-'}")
    for part in found["parts"]:
        mark = "passed" if part["passed_at"] else "failed"
        typer.echo(f"  {mark}  {one_line(part['part'])}  {one_line(part['detail'])}")
    for event in found["history"]:
        typer.echo(
            f"  {event['happened_at']:%Y-%m-%d %H:%M:%S %Z}  {event['event']} {event['who']}"
        )
    for sent in found["messages"]:
        state = f"sent {sent['sent_at']:%H:%M:%S %Z}" if sent["sent_at"] else "waits"
        told = one_line(sent["receipt"] or sent["last_error"] or "")
        typer.echo(
            f"  {sent['channel']}: {sent['event']} {state}, {sent['attempts']} tries  {told}"
        )


@commands.command()
def ack(incident: Number, by: By) -> None:
    """Acknowledge: you are at it, and nobody is told of it again until it is resolved."""
    from throughline import alerts
    from throughline.alerts import register

    settings = load_settings()
    changed = register.acknowledge(settings, incident, by)
    alerts.deliver(settings, budget_seconds=10)
    typer.echo(f"incident {incident} " + ("acknowledged" if changed else "is no news"))


@commands.command()
def resolve(incident: Number, by: By) -> None:
    """Resolve by hand what no later run will resolve; who was told is told so."""
    from throughline import alerts
    from throughline.alerts import register

    settings = load_settings()
    changed = register.resolve(settings, incident, by)
    alerts.deliver(settings, budget_seconds=10)
    typer.echo(f"incident {incident} " + ("resolved" if changed else "was over already"))


@commands.command()
def deliver() -> None:
    """Send what is due, once; what cannot be sent is tried again later."""
    from throughline import alerts

    typer.echo(str(alerts.deliver(load_settings())))


def _print_json(found: Any) -> None:
    typer.echo(json.dumps(found, indent=1, default=str, ensure_ascii=False))
