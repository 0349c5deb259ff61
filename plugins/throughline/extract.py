"""The way of one source for one night: connect, land, conform, judge; then the domain's outcome."""

import logging
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, date, datetime

from throughline import fault
from throughline.conform import Engine, conform, find_parts, reconform
from throughline.connect.streams import land_stream
from throughline.connect.transactions import Connections
from throughline.entity_streams import swept_stream
from throughline.errors import ConfigError, ThroughlineError
from throughline.landing.batches import InputBatch, find_batch, input_batches, set_verdict
from throughline.landing.files import only_one
from throughline.landing.manifests import Manifest, landed
from throughline.landing.outcomes import Outcome, write_outcome
from throughline.landing.reports import SourceReport, read_report, write_report
from throughline.settings import Settings
from throughline.source_folders import Source, load_sources
from throughline.sweep import sweep_source
from throughline.timing import timed

log = logging.getLogger(__name__)

DIED = "the extract did not end"


def sources_of(settings: Settings, domain: str) -> list[Source]:
    """Sources of a domain, in name order."""
    return [source for source in load_sources(settings).values() if source.domain == domain]


def extract_source(settings: Settings, source_name: str, as_of: date) -> SourceReport:
    """Take a source through a night; a second time does only what the first left undone.

    A stream or mapping that fails is reported in `errors` and does not stop the others.

    Raises:
        ConfigError: there is no such source.
    """
    source = _named(settings, source_name)
    with _alone(settings, source):
        begun_at, seconds = datetime.now(UTC).isoformat(), dict[str, float]()
        with timed(seconds, "land"):
            taken, notes, errors = _land(settings, source, as_of)
        fault.point("extract.after_landing")
        with timed(seconds, "conform"):
            batches = _conform(settings, source, as_of, notes, errors)
        fault.point("extract.after_conform")
        with timed(seconds, "checks"):
            judged = [_judged(settings, source, batch) for batch in batches]
        report = SourceReport(
            source.name,
            source.domain,
            as_of,
            tuple(manifest.batch for manifest in taken),
            tuple(batch.batch_id for batch in judged),
            tuple(batch.batch_id for batch in judged if batch.status == "held"),
            tuple(errors),
            tuple(notes),
            sum(batch.rows for batch in judged),
            sum(batch.rejected for batch in judged),
            seconds,
            begun_at,
        )
        write_report(settings, report)
    return report


def replay_source(
    settings: Settings, source_name: str, window: str | None = None
) -> list[InputBatch]:
    """Conform what a source landed again, with its mappings as they are now, and judge the result.

    Rows that an earlier mapping rejected get another chance; what did not change stays as it is.

    Raises:
        ThroughlineError: there is no such source, or nothing landed for that window.
    """
    source = _named(settings, source_name)
    with _alone(settings, source):
        made = reconform(settings, source.name, window)
        return [_judged(settings, source, batch) for batch in made]


def _named(settings: Settings, name: str) -> Source:
    sources = load_sources(settings)
    if name not in sources:
        raise ConfigError(f"there is no source {name!r}; there are {', '.join(sources)}")
    return sources[name]


def _alone(settings: Settings, source: Source) -> AbstractContextManager[None]:
    """The right to land and conform a source; one process at a time has it."""
    return only_one(settings.landing / source.name / ".lock", f"extract of {source.name}")


def finish_domain(
    settings: Settings, domain: str, as_of: date, failed: list[str] | tuple[str, ...] = ()
) -> Outcome:
    """Sum up a domain's night from the reports of its sources, and write the outcome.

    `failed` names sources whose task failed; a source without a report counts as failed.
    """
    reports = {s.name: read_report(settings, s.name, as_of) for s in sources_of(settings, domain)}
    problems = {
        name: list(report.errors) if report and (report.errors or name not in failed) else [DIED]
        for name, report in reports.items()
    }
    there = [report for report in reports.values() if report is not None]
    held = [
        batch
        for batch in input_batches(settings, as_of)
        if batch.domain == domain and batch.as_of == as_of and batch.status == "held"
    ]
    lines = [f"{name}: {error}" for name, errors in problems.items() for error in errors]
    lines += [f"held: {batch.batch_id}" for batch in held]
    lines += [f"{report.source}: {note}" for report in there for note in report.notes]
    outcome = Outcome(
        domain,
        as_of,
        "failed" if any(problems.values()) else "held" if held else "ok",
        "\n".join(lines),
        sorted({batch for report in there for batch in report.batches}),
        datetime.now(UTC),
        {name: "; ".join(errors) for name, errors in problems.items() if errors},
    )
    write_outcome(settings, outcome)
    log.info("%s %s: %s %s", domain, as_of, outcome.status, outcome.detail)
    return outcome


def extract_domain(settings: Settings, domain: str, as_of: date) -> Outcome:
    """Take every source of a domain through a night, one after the other."""
    for source in sources_of(settings, domain):
        extract_source(settings, source.name, as_of)
    return finish_domain(settings, domain, as_of)


def _land(
    settings: Settings, source: Source, as_of: date
) -> tuple[list[Manifest], list[str], list[str]]:
    """Land every stream; return the batches of this night, what to note, and what failed."""
    taken: list[Manifest] = []
    notes: list[str] = []
    errors: list[str] = []
    with Connections() as connections:
        for name in source.streams:
            failed, noted = land_stream(settings, source, name, as_of, connections)
            errors += failed
            notes += noted
            here = [batch for batch in landed(settings, source.name, name) if batch.as_of == as_of]
            taken += here
            copies = [batch for batch in here if batch.duplicate_of]
            notes += [f"{name}: {copy.batch} is the same as {copy.duplicate_of}" for copy in copies]
            rows = sum(manifest.rows or 0 for manifest in here)
            log.info("%s.%s: %d batches, %d rows", source.name, name, len(here), rows)
        if not errors:  # keys of a source that does not answer are no keys
            noted, failed = sweep_source(settings, source, as_of, connections)
            notes, errors = notes + noted, errors + failed
            for entity in source.entities:
                lists = landed(settings, source.name, swept_stream(entity))
                taken += [batch for batch in lists if batch.as_of == as_of]
    for error in errors:
        log.error("%s: %s", source.name, error)
    return taken, notes, errors


def _conform(
    settings: Settings, source: Source, as_of: date, notes: list[str], errors: list[str]
) -> list[InputBatch]:
    """Conform what is new or changed; return batches of this night and those not judged yet."""
    made: dict[str, InputBatch] = {}
    before: dict[str, str] = {}
    with Engine(settings, source) as engine:
        for entity in source.entities:
            ready, waiting = find_parts(settings, source, entity, as_of)
            notes += waiting
            before |= {old.batch_id: old.status for old in input_batches(settings, as_of, entity)}
            for parts in ready:
                try:
                    batch = conform(settings, parts, engine)
                except ThroughlineError as error:
                    errors.append(f"{entity} {parts.window}: {error}")
                    log.error("%s.%s %s: %s", source.name, entity, parts.window, error)
                    continue
                if before.get(batch.batch_id, "landed") == "landed" or batch.as_of == as_of:
                    made[batch.batch_id] = batch
    return list(made.values())


def _judged(settings: Settings, source: Source, batch: InputBatch) -> InputBatch:
    """The batch with a verdict: its own, or that of the input gate."""
    if batch.status != "landed":
        return batch
    from throughline.checks.gate import judge_batch

    status, results = judge_batch(settings, batch)
    reasons = [
        f"{result.expectation}: {result.observed}"
        for result in results
        if result.status in ("fail", "error") and result.severity == "critical"
    ]
    set_verdict(
        settings,
        batch.batch_id,
        status,
        "input gate",
        "; ".join(reasons) or "all passed",
        [asdict(result) for result in results],
    )
    log.info("%s: %s %s", batch.batch_id, status, "; ".join(reasons))
    judged = find_batch(settings, batch.batch_id)
    assert judged is not None
    return judged
