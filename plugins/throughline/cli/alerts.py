"""`throughline alerts …`: incidents and their delivery."""

import typer

from throughline.settings import load_settings

commands = typer.Typer(name="alerts", help="Incidents and their delivery.", no_args_is_help=True)


@commands.command()
def deliver() -> None:
    """Send what is due, once; what cannot be sent is tried again later."""
    from throughline import alerts

    typer.echo(str(alerts.deliver(load_settings())))
