"""`throughline source …`: what is connected, whether it answers, what its mapping makes of it."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from throughline.errors import ConfigError, ThroughlineError
from throughline.settings import DOMAINS, Settings, load_settings

if TYPE_CHECKING:
    from throughline.source_folders import Source

commands = typer.Typer(name="source", help="Source systems.", no_args_is_help=True)
Night = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Night; yesterday.")
]


@commands.command("list")
def list_() -> None:
    """List the streams of every source, its sweeps, and what was last landed of them."""
    from throughline.cli.tables import print_table
    from throughline.entity_streams import swept_stream
    from throughline.landing import landed
    from throughline.source_folders import load_sources

    settings = load_settings()
    rows = []
    for source in load_sources(settings).values():
        shown = {name: (stream.way, _uses(source, name)) for name, stream in source.streams.items()}
        for entity, spec in source.entities.items():
            if spec.sweep:
                shown[swept_stream(entity)] = (f"sweep {spec.sweep.weekday}", entity)
        for name, (way, used) in shown.items():
            newest = landed(settings, source.name, name)[-1:]
            last = (newest[0].as_of, newest[0].rows) if newest else (None, None)
            row = (source.name, source.domain, source.owner, name, way, used)
            rows.append((*row, *last))
    columns = ("source", "domain", "owner", "stream", "way", "entities", "landed", "rows")
    print_table(columns, rows)


@commands.command()
def test(source: str, as_of: Night = None, rows: Annotated[int, typer.Option(min=1)] = 10) -> None:
    """Connect to every stream of a source and read one page, keys too; nothing is landed."""
    from throughline.preview import try_stream, try_sweep

    settings = load_settings()
    found, failed = _source(settings, source), False
    swept = [entity for entity, spec in found.entities.items() if spec.sweep]
    asked = [(name, try_stream, name) for name in found.streams]
    asked += [(f"sweep of {entity}", try_sweep, entity) for entity in swept]
    for name, look, of in asked:
        try:
            sample = look(settings, found, of, _night(settings, as_of), rows)
        except ThroughlineError as error:
            failed = True
            typer.echo(f"{name}: FAILED: {error}")
        else:
            columns = ", ".join(sample.columns)
            broken = f"; {sample.broken}" if sample.broken else ""
            typer.echo(f"{name}: ok, {sample.rows} rows of {sample.window}: {columns}{broken}")
    if failed:
        raise ThroughlineError(f"source {source} cannot be read; see above")


@commands.command()
def preview(
    source: str,
    entity: str,
    as_of: Night = None,
    rows: Annotated[int, typer.Option(min=1, help="Rows read of a table or endpoint.")] = 20,
) -> None:
    """Show which rows of a sample a mapping gets past the contract; nothing is landed."""
    from throughline import preview as look
    from throughline.cli.tables import print_table

    settings = load_settings()
    night = _night(settings, as_of)
    found = look.preview(settings, _source(settings, source), entity, night, rows)
    typer.echo(f"accepted ({found.read} rows read, {found.not_mapped} not mapped):")
    filled = [
        i for i, _ in enumerate(found.columns) if any(r[i] is not None for r in found.accepted)
    ]
    shown = [tuple(row[i] for i in filled) for row in found.accepted[:rows]]
    print_table([found.columns[i] for i in filled], shown)
    typer.echo("rejected:")
    print_table(("file", "row", "reasons"), found.rejected[:rows])


@commands.command()
def add(
    name: str,
    pack: Annotated[str | None, typer.Option(help="Vendor pack to begin with.")] = None,
    entity: Annotated[str | None, typer.Option(help="Entity of a new folder.")] = None,
    way: Annotated[str | None, typer.Option(help="files (default), database or rest.")] = None,
    domain: Annotated[str | None, typer.Option(help=f"{', '.join(DOMAINS)}; crm.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who is told when it fails.")] = None,
) -> None:
    """Make a source folder: a vendor pack, or a skeleton with mapping, sample and test."""
    from throughline import scaffold

    settings = load_settings()
    if (pack is None) == (entity is None):
        raise ConfigError(f"give --entity, or --pack: {', '.join(scaffold.packs())}")
    if pack is not None and (way or domain):
        raise ConfigError("a pack has its --way and --domain; change them in its source.yml")
    way, domain = way or "files", domain or "crm"
    if way not in ("files", "database", "rest") or domain not in DOMAINS:
        raise ConfigError(f"--way is files, database or rest; --domain {', '.join(DOMAINS)}")
    folder = (
        scaffold.add_pack(settings, pack, name, owner)
        if pack is not None
        else scaffold.add_skeleton(settings, name, entity or "", way, domain, owner or "data-team")
    )
    typer.echo(f"{folder}: edit source.yml, then `throughline source test {name}`")


def _source(settings: Settings, name: str) -> "Source":
    from throughline.source_folders import load_sources

    sources = load_sources(settings)
    if name not in sources:
        raise ConfigError(f"there is no source {name!r}; there are {', '.join(sources)}")
    return sources[name]


def _uses(source: "Source", stream: str) -> str:
    """The entities that a stream is mapped to."""
    used = [entity for entity, spec in source.entities.items() if stream in spec.streams]
    used += [f"{e} (deletes)" for e, spec in source.entities.items() if stream in spec.deletes]
    used += [
        f"{entity} (keys)"
        for entity, spec in source.entities.items()
        if spec.sweep and spec.sweep.stream == stream
    ]
    return ", ".join(used)


def _night(settings: Settings, given: datetime | None) -> date:
    from throughline.nights import yesterday

    return given.date() if given else yesterday(settings)
