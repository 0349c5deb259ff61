"""`throughline batch …`: input batches and the verdicts on them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from throughline.errors import ThroughlineError
from throughline.settings import load_settings

if TYPE_CHECKING:
    from throughline.landing import InputBatch

commands = typer.Typer(name="batch", help="Input batches and their verdicts.", no_args_is_help=True)
Reason = Annotated[str, typer.Option(help="Why; kept with the verdict.")]
By = Annotated[str, typer.Option(help="Who decides; the login name unless given.")]


@commands.command("list")
def list_(
    entity: Annotated[str | None, typer.Option(help="Only this entity.")] = None,
    status: Annotated[str | None, typer.Option(help="passed, held, withdrawn or landed.")] = None,
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
) -> None:
    """List batches, oldest first."""
    from throughline import landing
    from throughline.cli.tables import print_table, require
    from throughline.contracts import load_contracts
    from throughline.landing.batches import STATUSES

    require("--status", status, (*STATUSES, "landed"))
    require("--entity", entity, load_contracts())
    batches = landing.input_batches(load_settings(), entity=entity)
    rows = [
        (batch.batch_id, str(batch.as_of), batch.status, batch.rows, batch.rejected)
        for batch in sorted(batches, key=lambda batch: (batch.extracted_at, batch.batch_id))
        if (status is None or batch.status == status)
        and (as_of is None or batch.as_of == as_of.date())
    ]
    print_table(("batch", "night", "status", "accepted", "rejected"), rows)


@commands.command()
def show(batch_id: str) -> None:
    """Show a batch and its newest verdict with the checks that led to it."""
    import json

    from throughline import landing

    batch = _find(batch_id)
    for name in ("batch_id", "domain", "as_of", "window", "status", "rows", "rejected", "path"):
        typer.echo(f"{name:<10} {getattr(batch, name)}")
    verdict = landing.newest_verdict(batch)
    typer.echo(json.dumps(verdict, indent=1, default=str) if verdict else "no verdict yet")


@commands.command()
def hold(batch_id: str, reason: Reason, by: By = "") -> None:
    """Keep a batch out of the next builds until it is released."""
    _judge(batch_id, "held", reason, by)


@commands.command()
def release(batch_id: str, reason: Reason, by: By = "") -> None:
    """Let a held batch into the next build."""
    _judge(batch_id, "passed", reason, by)


@commands.command()
def withdraw(batch_id: str, reason: Reason, by: By = "") -> None:
    """Take a batch out for good: it was wrong."""
    _judge(batch_id, "withdrawn", reason, by)


def _judge(batch_id: str, status: str, reason: str, by: str) -> None:
    import getpass

    from throughline import landing

    batch = _find(batch_id)
    if batch.status == status:
        raise ThroughlineError(f"batch {batch_id} is {status} already")
    landing.set_verdict(load_settings(), batch_id, status, by or getpass.getuser(), reason)
    typer.echo(f"{batch_id}: {batch.status} -> {status}; the next night builds accordingly")


def _find(batch_id: str) -> "InputBatch":
    from throughline import landing

    batch = landing.find_batch(load_settings(), batch_id)
    if batch is None:
        raise ThroughlineError(
            f"there is no batch {batch_id!r}; `throughline batch list` shows which there are"
        )
    return batch
