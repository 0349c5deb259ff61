"""Windows: the dates a batch covers, and how file names tell them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeVar

from throughline.settings import Settings

SNAPSHOT = "snapshot"
_DATE = r"\d{4}-\d{2}-\d{2}"


class _Named(Protocol):
    def as_posix(self) -> str: ...

    def __lt__(self, other: "_Named") -> bool: ...


F = TypeVar("F", bound=_Named)


@dataclass(frozen=True)
class Window:
    """A span of business dates, both inclusive; without dates a snapshot of everything."""

    first: date | None = None
    last: date | None = None

    @property
    def label(self) -> str:
        """`YYYY-MM-DD`, `YYYY-MM-DD_YYYY-MM-DD` or `snapshot`."""
        if self.first is None or self.last is None:
            return SNAPSHOT
        if self.first == self.last:
            return self.first.isoformat()
        return f"{self.first.isoformat()}_{self.last.isoformat()}"

    def ended(self, as_of: date) -> bool:
        """Whether the window is over at the end of `as_of`."""
        return self.last is None or self.last <= as_of


def instant_after(settings: Settings, as_of: date) -> datetime:
    """First instant after the business date `as_of`, with its offset."""
    tomorrow = as_of + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=settings.zone)


def find_files(template: str, base: Path, home: Path) -> dict[str, tuple[Window, list[Path]]]:
    """Files that match a path template, by window label; `*` stands for any part of a name.

    `{home}` is the home folder, `{date}` an ISO date, `{date}_{until}` a span, which a single
    date matches too. A relative template starts at `base`.
    """
    given = template.replace("{home}", home.as_posix())
    anchored = given if Path(given).is_absolute() else (base / given).as_posix()
    return by_window(anchored, _candidates(anchored))


def by_window(template: str, files: Iterable[F]) -> dict[str, tuple[Window, list[F]]]:
    """Those of the files that match a whole template, by window label, in order."""
    pattern = _pattern(template)
    found: dict[str, tuple[Window, list[F]]] = {}
    for path in files:
        matched = pattern.fullmatch(path.as_posix())
        window = _window(matched.groupdict()) if matched else None
        if window is not None:
            found.setdefault(window.label, (window, []))[1].append(path)
    return {label: (window, sorted(paths)) for label, (window, paths) in sorted(found.items())}


def _pattern(template: str) -> re.Pattern[str]:
    text = re.escape(template).replace(r"\*", "[^/]*")
    text = text.replace(r"\{date\}_\{until\}", f"(?P<date>{_DATE})(?:_(?P<until>{_DATE}))?", 1)
    text = text.replace(r"\{date\}", f"(?P<date>{_DATE})", 1).replace(r"\{date\}", _DATE)
    return re.compile(text.replace(r"\{until\}", f"(?P<until>{_DATE})", 1))


def _candidates(template: str) -> list[Path]:
    globbed = template.replace("{date}_{until}", "*").replace("{date}", "*").replace("{until}", "*")
    parts = Path(re.sub(r"\*+", "*", globbed)).parts
    fixed = next((index for index, part in enumerate(parts) if "*" in part), len(parts) - 1)
    root = Path(*parts[:fixed])
    return [path for path in root.glob("/".join(parts[fixed:])) if path.is_file()]


def _window(groups: dict[str, str | None]) -> Window | None:
    try:
        first = date.fromisoformat(groups["date"]) if groups.get("date") else None
        last = date.fromisoformat(groups["until"]) if groups.get("until") else first
    except ValueError:
        return None
    if first is not None and last is not None and last < first:
        return None
    return Window(first, last)
