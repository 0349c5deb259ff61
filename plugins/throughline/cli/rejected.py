"""`throughline rejected …`: rows that broke a contract, with their reasons."""

from typing import Annotated

import typer

from throughline.errors import ThroughlineError
from throughline.settings import load_settings

commands = typer.Typer(
    name="rejected", help="Rows that broke their contract.", no_args_is_help=True
)


@commands.command("list")
def list_(
    entity: Annotated[str | None, typer.Option(help="Only this entity.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Replaced batches too.")] = False,
) -> None:
    """Count rejected rows by batch and reason; oldest first.

    Batches that a newer one took the place of, as after a replay, are left out.
    """
    from throughline import landing
    from throughline.cli.tables import print_table, require
    from throughline.contracts import load_contracts

    require("--entity", entity, load_contracts())
    batches = landing.input_batches(load_settings(), entity=entity)
    newest = {(batch.entity, batch.source, batch.window): batch.batch_id for batch in batches}
    rows = [
        (
            b.batch_id,
            b.status,
            b.rows,
            b.rejected,
            _counted(b.reasons),
            f"{b.extracted_at:%Y-%m-%d}",
        )
        for b in batches
        if b.rejected and (every or b.batch_id in newest.values())
    ]
    print_table(("batch", "status", "accepted", "rejected", "reasons", "since"), rows)


def _counted(reasons: dict[str, int] | None) -> str:
    ordered = sorted((reasons or {}).items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{reason} {count}" for reason, count in ordered)


@commands.command()
def replay(
    source: str,
    window: Annotated[str | None, typer.Option(help="Only this window, as in its batches.")] = None,
) -> None:
    """Conform a source's landed batches again, after its mapping or contract was mended."""
    from throughline.cli.tables import print_table
    from throughline.extract import replay_source

    made = replay_source(load_settings(), source, window)
    print_table(
        ("batch", "status", "accepted", "rejected"),
        [(batch.batch_id, batch.status, batch.rows, batch.rejected) for batch in made],
    )


@commands.command()
def show(batch_id: str, limit: Annotated[int, typer.Option(min=1)] = 20) -> None:
    """Show the rejected rows of a batch with their reasons."""
    import duckdb

    from throughline import landing
    from throughline.cli.tables import print_table

    batch = landing.find_batch(load_settings(), batch_id)
    if batch is None:
        raise ThroughlineError(
            f"there is no batch {batch_id!r}; `throughline rejected list` shows which have rejects"
        )
    sql = "select * from read_parquet(?) limit ?"
    with duckdb.connect() as connection:
        found = connection.execute(sql, [str(batch.rejected_path), limit])
        columns = [column[0] for column in found.description or []]
        print_table(columns, found.fetchall())
