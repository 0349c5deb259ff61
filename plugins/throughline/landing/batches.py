"""Input batches: one entity of one source over one window, conformed; what is live when."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from throughline import fault
from throughline.errors import ThroughlineError
from throughline.landing.files import belongs_to, read_json, write_json
from throughline.settings import Settings

MANIFEST = "manifest.json"
STATUSES = ("passed", "held", "withdrawn")


@dataclass(frozen=True)
class InputBatch:
    """A committed input batch. `rows` are accepted, `min_date` and `max_date` business dates.

    `status` is landed (not judged yet), passed, held or withdrawn; `amount` the sum of the
    contract's field amount or cost; `landing` the landing batches it was made of, as
    `<stream>/<batch>`; `conformed_at` orders batches made of the same landing batches;
    `undelivered` are accepted columns that the mapping leaves NULL because its source lacks them.
    `bare` counts the rows that are deleted and hold little but their key; `deletes` says that the
    batch has no other rows, because a delete feed or a sweep brought it.
    """

    batch_id: str
    source: str
    entity: str
    window: str
    as_of: date
    extracted_at: datetime
    path: Path
    rejected_path: Path
    rows: int
    rejected: int
    min_date: date | None
    max_date: date | None
    status: str
    amount: Decimal | None
    domain: str
    rows_read: int = 0
    not_mapped: int = 0
    conformed_at: datetime | None = None
    landing: tuple[str, ...] = ()
    warnings: dict[str, int] | None = None
    reasons: dict[str, int] | None = None
    undelivered: tuple[str, ...] = ()
    bare: int = 0
    deletes: bool = False

    @property
    def folder(self) -> Path:
        """Where the batch lies."""
        return self.path.parent


def input_batches(
    settings: Settings, as_of: date | None = None, entity: str | None = None
) -> list[InputBatch]:
    """Every committed batch (of nights up to `as_of`, of one entity), oldest first."""
    folders = settings.input.glob(f"{entity or '*'}/*/{MANIFEST}")
    found = [_read(path) for path in folders]
    kept = [batch for batch in found if as_of is None or batch.as_of <= as_of]
    return sorted(kept, key=_age)


def live_batches(settings: Settings, as_of: date) -> list[InputBatch]:
    """The batch set of a night: per source, entity and window the newest that passed.

    Ordered by entity, source and window.
    """
    newest = {
        (batch.entity, batch.source, batch.window): batch
        for batch in input_batches(settings, as_of)
        if batch.status == "passed"
    }
    return [newest[key] for key in sorted(newest)]


def find_batch(settings: Settings, batch_id: str) -> InputBatch | None:
    """One committed batch by its id."""
    parts = batch_id.split(".")
    if len(parts) != 4 or any(part in ("", "..") or "/" in part for part in parts):
        return None
    path = settings.input / parts[1] / batch_id / MANIFEST
    return _read(path) if path.exists() else None


def set_verdict(
    settings: Settings,
    batch_id: str,
    status: str,
    by: str,
    reason: str,
    results: list[dict[str, Any]] | tuple[()] = (),
) -> None:
    """Write the next verdict on a batch; earlier ones stay, the highest number counts.

    Raises:
        ThroughlineError: there is no such batch or no such status.
    """
    if status not in STATUSES:
        raise ThroughlineError(f"status {status!r} is none of {', '.join(STATUSES)}")
    batch = find_batch(settings, batch_id)
    if batch is None:
        raise ThroughlineError(f"there is no batch {batch_id}; `throughline status` lists them")
    folder = batch.folder / "verdicts"
    folder.mkdir(exist_ok=True)
    number = max((int(path.name[:3]) for path in folder.glob("[0-9]*.json")), default=0) + 1
    fault.point("verdict.before")
    write_json(
        folder / f"{number:03d}-{status}.json",
        {
            "batch_id": batch_id,
            "status": status,
            "by": by,
            "reason": reason,
            "at": datetime.now().astimezone().isoformat(),
            "results": list(results),
        },
    )
    fault.point("verdict.after")


def verdicts(batch: InputBatch) -> list[dict[str, Any]]:
    """Every verdict on a batch as written, oldest first; the last one counts."""
    return [read_json(path) for path in sorted((batch.folder / "verdicts").glob("[0-9]*.json"))]


def newest_verdict(batch: InputBatch) -> dict[str, Any] | None:
    """The verdict that counts, as written; None while the batch is not judged."""
    return next(reversed(verdicts(batch)), None)


def gate_results(batch: InputBatch) -> list[dict[str, Any]]:
    """Check results of the newest verdict that judged the batch; empty while none did.

    A person's hold, release or withdrawal carries no results and hides none.
    """
    judged = (verdict["results"] for verdict in reversed(verdicts(batch)))
    return next((results for results in judged if results), [])


def _age(batch: InputBatch) -> tuple[datetime, datetime, str]:
    return (batch.extracted_at, batch.conformed_at or batch.extracted_at, batch.batch_id)


def _read(path: Path) -> InputBatch:
    given = read_json(path)
    day = {
        key: date.fromisoformat(given[key]) if given[key] else None
        for key in ("min_date", "max_date")
    }
    again = sorted(path.parent.glob("again-*.json"))
    conformed = read_json(again[-1])["at"] if again else given["conformed_at"]
    verdicts = sorted((path.parent / "verdicts").glob("[0-9]*.json"))
    return InputBatch(
        batch_id=given["batch_id"],
        source=given["source"],
        entity=given["entity"],
        window=given["window"],
        as_of=belongs_to(path.parent, date.fromisoformat(given["as_of"])),
        extracted_at=datetime.fromisoformat(given["extracted_at"]),
        path=path.parent / "accepted.parquet",
        rejected_path=path.parent / "rejected.parquet",
        rows=given["accepted"],
        rejected=given["rejected"],
        min_date=day["min_date"],
        max_date=day["max_date"],
        status=verdicts[-1].stem[4:] if verdicts else "landed",
        amount=Decimal(given["amount"]) if given["amount"] is not None else None,
        domain=given["domain"],
        rows_read=given["rows_read"],
        not_mapped=given["not_mapped"],
        conformed_at=datetime.fromisoformat(conformed),
        landing=tuple(given["landing"]),
        warnings=given["warnings"],
        reasons=given["reasons"],
        undelivered=tuple(given["undelivered"]),
        bare=given.get("bare", 0),
        deletes=given.get("deletes", False),
    )
