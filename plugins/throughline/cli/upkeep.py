"""`throughline backup`, `restore`, `upkeep`: the home as a whole."""

from pathlib import Path
from typing import Annotated

import typer

from throughline.settings import load_settings


def register(commands: typer.Typer) -> None:
    """Add the commands of this module."""
    for command in (backup, restore, upkeep):
        commands.command()(command)


def backup(
    to: Annotated[Path, typer.Option(help="A new folder; holds personal data.")],
    keys: Annotated[Path | None, typer.Option(help="Another folder, for the keys.")] = None,
) -> None:
    """Copy the whole installation while nights may run; keys only where --keys says.

    Exit code 1 when a batch was damaged before it was copied: the copy is as the home is.
    """
    from throughline.backup import backup as take

    settings = load_settings()
    taken = take(settings, to, keys)
    typer.echo(f"{taken.files} files, {taken.bytes / 1e6:.1f} MB in {to}")
    if not taken.incidents:
        typer.echo("no incidents: no state database is known")
    if keys:
        typer.echo(f"{taken.keys} keys in {keys}; keep that folder apart from the data")
    elif taken.pii_key:
        typer.echo(f"keys are not part of it: key {taken.pii_key} is needed to restore")
    for path in taken.damaged:
        typer.echo(f"damaged before it was copied: {path}", err=True)
    if taken.damaged:
        raise typer.Exit(1)


def restore(
    source: Annotated[Path, typer.Option("--from", help="Folder of a backup.")],
    keys: Annotated[Path | None, typer.Option(help="Folder of its keys.")] = None,
    without_key: Annotated[
        bool, typer.Option("--without-key", help="Go on with another key, or none.")
    ] = False,
) -> None:
    """Fill an empty home from a backup, after every hash in it was compared."""
    from throughline.backup import restore as bring_back
    from throughline.warehouse.runs import code_hash

    settings = load_settings()
    listing = bring_back(settings, source, keys, without_key)
    typer.echo(f"{len(listing.files)} files of {listing.taken_at} restored to {settings.home}")
    typer.echo(f"served: {listing.served or 'nothing yet'}")
    if listing.code != code_hash(settings):
        typer.echo(
            f"the code here is not that of the backup ({listing.code}); nights go on with it"
        )


def upkeep(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Remove what nothing needs any more, as every night does after it published."""
    from throughline import disk
    from throughline.cli.tables import print_table
    from throughline.nights import yesterday
    from throughline.upkeep import upkeep as remove_old

    settings = load_settings()
    found = remove_old(settings, yesterday(settings), only_look=dry_run)
    rows = [(freed.what, freed.files, f"{freed.bytes / 1e6:.1f} MB") for freed in found]
    print_table(("what", "files", "would free" if dry_run else "freed"), rows)
    room = disk.measure(settings)
    typer.echo(f"the home takes {room.used / 1e9:.2f} GB; {room.free / 1e9:.2f} GB are free")
