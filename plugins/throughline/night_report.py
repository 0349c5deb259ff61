"""What a night did, for the summary, the benchmark, and the step after this one."""

import dataclasses
import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from throughline import landing
from throughline.checks.results import CheckResult
from throughline.errors import BuildError
from throughline.landing.files import read_json
from throughline.settings import Settings
from throughline.warehouse.engine import sync
from throughline.warehouse.runs import Run


@dataclass(frozen=True)
class NightReport:
    """One night. `seconds` is wall time by part; a status ends with published or unchanged.

    `batches` counts what the run was built from: source, entity, domain, batches, accepted,
    rejected. `stale` are domains whose outcome was not ok, with why; `models` seconds by table;
    `tables` rows by published table; `steps` tells of build, audit and publish when they began and
    when they last wrote this report (UTC, ISO): their end, once they ended.
    """

    as_of: str
    run_id: str
    code: str
    status: str
    backdated: bool
    work_file: str
    connected: list[str]
    stale: dict[str, str]
    batch_ids: list[str]
    batches: list[dict[str, Any]]
    checks: list[CheckResult] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    models: dict[str, float] = field(default_factory=dict)
    rebuilt: list[str] = field(default_factory=list)
    touched: dict[str, list[str]] = field(default_factory=dict)
    tables: dict[str, int] = field(default_factory=dict)
    steps: dict[str, list[str]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    null_columns: list[str] = field(default_factory=list)
    release: str | None = None
    error: str | None = None

    @staticmethod
    def of(run: Run) -> "NightReport":
        """Begin the report of a run."""
        return NightReport(
            as_of=run.as_of.isoformat(),
            run_id=run.run_id,
            code=run.code,
            status="building",
            backdated=run.backdated,
            work_file=str(run.work_file),
            connected=sorted(run.connected),
            stale=run.stale,
            batch_ids=[batch.batch_id for batch in run.batches],
            batches=_counted(run),
        )

    def but(self, **changes: Any) -> "NightReport":
        """Return the same report with some fields changed."""
        return dataclasses.replace(self, **changes)

    @property
    def checks_by_status(self) -> dict[str, int]:
        """Number of check results by status."""
        return dict(Counter(result.status for result in self.checks))


def run_of(settings: Settings, report: NightReport) -> Run:
    """Return the run that a report is about, as it was planned: later verdicts do not change it.

    Raises:
        BuildError: one of its batches is gone.
    """
    batches = []
    for batch_id in report.batch_ids:
        batch = landing.find_batch(settings, batch_id)
        if batch is None:
            raise BuildError(f"input batch {batch_id} of run {report.run_id} is gone; run again")
        batches.append(batch)
    return Run(
        run_id=report.run_id,
        as_of=date.fromisoformat(report.as_of),
        code=report.code,
        batches=tuple(batches),
        connected=frozenset(report.connected),
        stale=report.stale,
        backdated=report.backdated,
        work_file=Path(report.work_file),
    )


def report_path(settings: Settings, as_of: date) -> Path:
    """File of a night's report."""
    return settings.home / "logs" / "nights" / f"{as_of}.json"


def write_report(settings: Settings, report: NightReport) -> NightReport:
    """Store a report, by rename, and return it; the step that is at work notes the instant."""
    if report.steps:
        report.steps[list(report.steps)[-1]][1] = datetime.now(UTC).isoformat()
    path = report_path(settings, date.fromisoformat(report.as_of))
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(asdict(report), indent=1, ensure_ascii=False), encoding="utf-8")
    sync(draft)
    draft.replace(path)
    return report


def read_report(settings: Settings, as_of: date) -> NightReport:
    """Read the newest report of a night.

    Raises:
        BuildError: the night was not built yet.
        DamagedError: the report cannot be read.
    """
    path = report_path(settings, as_of)
    if not path.exists():
        raise BuildError(
            f"the night of {as_of} is not built; `throughline backfill --from {as_of} --to {as_of}`"
        )
    given = read_json(path)
    return NightReport(**{**given, "checks": [CheckResult(**row) for row in given["checks"]]})


def _counted(run: Run) -> list[dict[str, Any]]:
    found: dict[tuple[str, str, str], Counter[str]] = {}
    for batch in run.batches:
        counts = found.setdefault((batch.domain, batch.source, batch.entity), Counter())
        counts.update(batches=1, accepted=batch.rows, rejected=batch.rejected)
    return [
        {"domain": domain, "source": source, "entity": entity, **counts}
        for (domain, source, entity), counts in sorted(found.items())
    ]
