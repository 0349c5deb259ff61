"""`throughline release …`: what is published, and what is served."""

import json
from typing import Annotated

import typer

from throughline.settings import load_settings

commands = typer.Typer(
    name="release", help="Releases: list, show, roll back, export.", no_args_is_help=True
)


@commands.command("list")
def list_() -> None:
    """List releases, newest first; `*` marks the one that is served."""
    from throughline import releases
    from throughline.cli.tables import print_table

    rows = [
        (
            "*" if release.is_current else "",
            release.run_id,
            str(release.as_of),
            f"{release.built_at:%Y-%m-%d %H:%M:%S %Z}",
            f"{release.bytes / 1e6:.1f} MB",
            "back-dated" if release.is_backdated else ", ".join(release.stale) or "complete",
        )
        for release in releases.list_releases(load_settings())
    ]
    print_table(("", "release", "night", "built", "size", "stale domains"), rows)


@commands.command()
def show(release: Annotated[str, typer.Argument(help="Release; see `release list`.")]) -> None:
    """Show what a release was built from and how many rows each table has."""
    from throughline import releases

    found = releases.show(load_settings(), release)
    typer.echo(json.dumps(found, indent=1, default=str, ensure_ascii=False))


@commands.command()
def rollback(release: Annotated[str, typer.Argument(help="Release to serve.")]) -> None:
    """Serve an older release; the next night publishes as ever."""
    from throughline import releases

    releases.rollback(load_settings(), release)
    typer.echo(f"{release} is served")


@commands.command()
def export(
    release: Annotated[str, typer.Argument(help="Release, or `current`.")],
    to: Annotated[str, typer.Option(help="A folder, or a postgresql:// URL.")],
) -> None:
    """Copy a release to Parquet files or into PostgreSQL."""
    from throughline import releases

    settings = load_settings()
    run_id = settings.current.resolve().stem if release == "current" else release
    done = releases.export(settings, run_id, to)
    typer.echo(f"{len(done)} tables of {run_id} exported")
