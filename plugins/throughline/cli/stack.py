"""`throughline run`, `up`, `down`, `clean`: the stack on this machine."""

import typer

from throughline.settings import load_settings


def register(commands: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (run, up, down, clean):
        commands.command()(command)


def run() -> None:
    """Run the demo nights through Airflow, from generated source systems to releases."""
    from throughline.local import demo_dates, demo_run, summary
    from throughline.local.progress import Progress

    settings = load_settings()
    progress = Progress()
    ok = demo_run.run(settings, progress)
    summary.show(settings, demo_dates.demo_nights(settings), progress.console)
    if not ok:
        progress.console.print(
            f"[red]Not every night succeeded.[/] throughline status; logs in {settings.home}/logs"
        )
        raise typer.Exit(1)


def up() -> None:
    """Start Airflow with its UI and leave it running: nights happen on schedule."""
    from throughline.local import standing
    from throughline.local.progress import Progress

    progress = Progress()
    url = standing.up(load_settings(), progress)
    progress.say(f"Airflow's UI: {url}   (this machine only); stop with: throughline down")


def down(quiet: bool = typer.Option(False, help="Say nothing when nothing ran.")) -> None:
    """Stop what `up` started."""
    from throughline.local import standing

    stopped = standing.down(load_settings())
    if stopped or not quiet:
        typer.echo(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running")


def clean() -> None:
    """Stop the stack and remove the home folder: data, releases, keys, logs."""
    from throughline.local import standing

    removed = standing.clean(load_settings())
    typer.echo(f"removed {removed}" if removed else "nothing to remove")
