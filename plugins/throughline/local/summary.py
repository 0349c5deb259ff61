"""What the nights came to: extracted, checked, published; read from manifests and the release."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.table import Table

from throughline.settings import DOMAINS, Settings


def show(settings: Settings, nights: Sequence[date], console: Console) -> None:
    """Print the summary of these nights."""
    console.print(_extracted(settings, nights))
    if not settings.current.exists():
        console.print("[red]Nothing is published yet.[/]")
        return
    console.print(_checked(settings, nights))
    _published(settings, console)


def _extracted(settings: Settings, nights: Sequence[date]) -> Table:
    from throughline import landing

    table = Table(title="Extracted", box=None, title_justify="left", pad_edge=False)
    table.add_column("domain")
    for column in ("batches", "accepted rows", "rejected rows", "held batches"):
        table.add_column(column, justify="right")
    batches = [b for b in landing.input_batches(settings) if b.as_of in set(nights)]
    for domain in DOMAINS:
        own = [batch for batch in batches if batch.domain == domain]
        accepted = sum(batch.rows for batch in own)
        rejected = sum(batch.rejected for batch in own)
        held = sum(batch.status == "held" for batch in own)
        table.add_row(domain, f"{len(own):,}", f"{accepted:,}", f"{rejected:,}", f"{held:,}")
    return table


def _checked(settings: Settings, nights: Sequence[date]) -> Table:
    counts: dict[str, Counter[str]] = {}
    sql = "select layer, status, severity from audit.check_results where layer <> 'input'"
    for layer, status, severity in [*_input_checks(settings, nights), *_ask(settings, sql)]:
        good = status in ("pass", "not_applicable")
        counts.setdefault(layer, Counter())[status if good else f"failed {severity}"] += 1
    table = Table(title="Checked", box=None, title_justify="left", pad_edge=False)
    table.add_column("layer")
    kinds = ("pass", "failed critical", "failed warning", "not_applicable")
    for column in ("checks", *kinds):
        table.add_column(column.replace("_", " "), justify="right")
    for layer, found in sorted(counts.items()):
        table.add_row(layer, str(found.total()), *(str(found[kind]) for kind in kinds))
    return table


def _input_checks(settings: Settings, nights: Sequence[date]) -> list[tuple[str, str, str]]:
    from throughline import landing

    return [
        ("input", result["status"], result["severity"])
        for batch in landing.input_batches(settings)
        if batch.as_of in set(nights)
        for result in landing.gate_results(batch)
    ]


def _published(settings: Settings, console: Console) -> None:
    releases = sorted(path.stem for path in settings.release_folder.glob("*.duckdb"))
    tables = _ask(
        settings,
        "select count(*) from information_schema.tables where table_schema <> 'main'",
    )[0][0]
    console.print("[bold]Published[/]")
    for release in releases:
        mark = "  <- served" if settings.current.resolve().stem == release else ""
        console.print(f"  {release}{mark}", highlight=False)
    console.print(f"  {tables} tables in {settings.current}", highlight=False, soft_wrap=True)
    console.print("[bold]Look at it[/]")
    for command in (
        'throughline query "select * from acquisition.channel_daily order by date desc limit 10"',
        "throughline status",
        "throughline release list",
    ):
        console.print(f"  .venv/bin/{command}", highlight=False, soft_wrap=True)


def _ask(settings: Settings, sql: str) -> list[tuple]:
    import duckdb

    with duckdb.connect(str(settings.current.resolve()), read_only=True) as connection:
        return connection.execute(sql).fetchall()
