"""Windows: the dates a batch covers, and how file names tell them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from throughline.settings import Settings

SNAPSHOT = "snapshot"
_DATE = r"\d{4}-\d{2}-\d{2}"
_SHOWN = 5


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


@dataclass(frozen=True)
class Matched(Generic[F]):
    """Files that match a path: windows with their files by label, and what is wrong with others."""

    windows: dict[str, tuple[Window, list[F]]]
    wrong: str | None


def instant_after(settings: Settings, as_of: date) -> datetime:
    """First instant after the business date `as_of`, with its offset."""
    tomorrow = as_of + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=settings.zone)


def find_files(template: str, base: Path, home: Path) -> Matched[Path]:
    """Files that match a path template; `*` stands for any part of a name.

    `{home}` is the home folder, `{date}` an ISO date, `{date}_{until}` a span, which a single
    date matches too. A relative template starts at `base`.
    """
    given = template.replace("{home}", home.as_posix())
    anchored = given if Path(given).is_absolute() else (base / given).as_posix()
    return by_window(anchored, _candidates(anchored))


def by_window(template: str, files: Iterable[F]) -> Matched[F]:
    """Those of the files that match a whole template, by window label, in order.

    As in a shell, `*` is no beginning of a hidden name: `._calls.csv`, `.calls.csv.swp` and
    `~$calls.xlsx` are what an operating system, an editor and Excel leave.
    """
    pattern = _pattern(template)
    found: dict[str, tuple[Window, list[F]]] = {}
    undated = []
    for path in files:
        matched = pattern.fullmatch(path.as_posix())
        if matched is None:
            continue
        window = _window(matched.groupdict())
        if window is None:
            undated.append(path)
            continue
        found.setdefault(window.label, (window, []))[1].append(path)
    windows = {label: (window, sorted(paths)) for label, (window, paths) in sorted(found.items())}
    return Matched(windows, _complaint(template, sorted(undated)))


def _complaint(template: str, undated: Sequence[_Named]) -> str | None:
    if not undated:
        return None
    shown = ", ".join(path.as_posix() for path in undated[:_SHOWN])
    more = f" and {len(undated) - _SHOWN} more" if len(undated) > _SHOWN else ""
    return (
        f"{shown}{more}: matches {template}, but its name holds no date of the calendar, or a span"
        " that ends before it begins; rename the file, or write a `path` that it does not match"
    )


def _pattern(template: str) -> re.Pattern[str]:
    text = re.sub(r"(^|/)(?=\\\*)", r"\1(?![.]|~[$])", re.escape(template)).replace(r"\*", "[^/]*")
    text = text.replace(r"\{date\}_\{until\}", f"(?P<date>{_DATE})(?:_(?P<until>{_DATE}))?", 1)
    text = text.replace(r"\{date\}", f"(?P<date>{_DATE})", 1).replace(r"\{date\}", _DATE)
    return re.compile(text.replace(r"\{until\}", f"(?P<until>{_DATE})", 1))


def _candidates(template: str) -> list[Path]:
    globbed = template.replace("{date}_{until}", "*").replace("{date}", "*").replace("{until}", "*")
    parts = Path(re.sub(r"\*+", "*", globbed)).parts
    fixed = next((index for index, part in enumerate(parts) if "*" in part), len(parts) - 1)
    root = Path(*parts[:fixed])
    looked = re.sub(r"([?[])", r"[\1]", "/".join(parts[fixed:]))
    return [path for path in root.glob(looked) if path.is_file()]


def _window(groups: dict[str, str | None]) -> Window | None:
    try:
        first = date.fromisoformat(groups["date"]) if groups.get("date") else None
        last = date.fromisoformat(groups["until"]) if groups.get("until") else first
    except ValueError:
        return None
    if first is not None and last is not None and last < first:
        return None
    return Window(first, last)
