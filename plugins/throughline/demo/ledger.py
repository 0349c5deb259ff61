"""What a story writes down while it is told: file rows by day of arrival, CRM versions, dirt."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

FileRow = tuple[Any, ...]
"""(tag, id, *fields): the tag names planted dirt, or is None; the id is what the manifest lists."""


@dataclass
class Ledger:
    """What was told and not taken away yet, also of days that have not come.

    `files`: stream → day ordinal → rows. `crm`: table → [(updated_at second, row)], a row version
    each. `marks`: (kind, id, second) of planted dirt in the CRM. `facts`: (kind, second, values)
    that the truth manifest sums up. `tenants`: day ordinal → tenants opened for use that day.
    """

    files: dict[str, dict[int, list[FileRow]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    crm: dict[str, list[tuple[int, dict[str, Any]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    marks: list[tuple[str, str, int]] = field(default_factory=list)
    facts: list[tuple[str, int, dict[str, Any]]] = field(default_factory=list)
    tenants: dict[int, list[Any]] = field(default_factory=lambda: defaultdict(list))

    def emit(self, stream: str, day: int, row: FileRow) -> None:
        """Write a row into the stream's file of that day."""
        self.files[stream][day].append(row)

    def save(self, table: str, second: int, row: dict[str, Any]) -> None:
        """Write a version of a CRM row; the first one also says when it was created."""
        row.setdefault("created_at", second)
        self.crm[table].append((second, dict(row)))

    def mark(self, kind: str, identifier: str, second: int) -> None:
        """Note planted dirt."""
        self.marks.append((kind, identifier, second))

    def fact(self, kind: str, second: int, /, **values: Any) -> None:
        """Note something true for the manifest."""
        self.facts.append((kind, second, values))
