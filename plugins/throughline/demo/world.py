"""The fixed facts of one demo world: seed, size, first day, and how its files are cut."""

import json
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from throughline.demo.times import add_months
from throughline.errors import ConfigError
from throughline.settings import Settings


@dataclass(frozen=True)
class Size:
    """How big a world is; `scale` 1 is 110 visitors a day.

    `busy`: how many times as often everybody visits and works as in the other sizes. `vast`: the
    history is cut into months, and the manifest counts dirt and persons without listing them.
    """

    days: int
    scale: float
    busy: float = 1.0
    vast: bool = False


SIZES = {
    "tiny": Size(90, 0.05),
    "default": Size(540, 1.0),
    "large": Size(540, 10.0),
    "huge": Size(540, 10.0, 26.0, vast=True),
}


@dataclass(frozen=True)
class World:
    """What never changes once a world exists; written to `<home>/demo/world.json`."""

    seed: int
    size: str
    start: date
    history_until: date

    @property
    def scale(self) -> float:
        """Visitors relative to the default size."""
        return SIZES[self.size].scale

    @property
    def busy(self) -> float:
        """How many times as often as at the default size everybody visits and works."""
        return SIZES[self.size].busy

    @property
    def vast(self) -> bool:
        """Whether the history comes month by month, and nothing is listed that is many."""
        return SIZES[self.size].vast

    def windows(self, end: date) -> list[tuple[date, date]]:
        """The spans of history, one of all of it or one a month, then one window per night."""
        nights = (end - self.history_until).days
        daily = [self.history_until + timedelta(days=n + 1) for n in range(nights)]
        return [*self._spans(), *((day, day) for day in daily)]

    def _spans(self) -> list[tuple[date, date]]:
        if not self.vast:
            return [(self.start, self.history_until)]
        spans, first = [], self.start
        while first <= self.history_until:
            following = add_months(first.replace(day=1), 1)
            spans.append((first, min(following - timedelta(days=1), self.history_until)))
            first = following
        return spans


def open_world(settings: Settings, end: date) -> World:
    """Read the world of the demo folder, or fix it from `end` where there is none yet.

    Raises:
        ConfigError: the folder holds a world of another seed or size.
    """
    path = settings.demo_folder / "world.json"
    if not path.exists():
        return _create(settings, end, path)
    known = json.loads(path.read_text(encoding="utf-8"))
    dates = {key: date.fromisoformat(known[key]) for key in ("start", "history_until")}
    world = World(**{**known, **dates})
    asked = (settings.demo.seed, settings.demo.size)
    if asked != (world.seed, world.size):
        raise ConfigError(
            f"demo: {path} holds seed {world.seed}, size {world.size}, but the configuration asks "
            f"for seed {asked[0]}, size {asked[1]}; run `make clean` or use another home"
        )
    return world


def _create(settings: Settings, end: date, path: Path) -> World:
    size = SIZES[settings.demo.size]
    first = end - timedelta(days=size.days - 1)
    world = World(
        seed=settings.demo.seed,
        size=settings.demo.size,
        start=first.replace(day=1),
        history_until=end - timedelta(days=settings.demo.nights - 1),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {**asdict(world)})
    return world


def write_json(path: Path, content: Any) -> None:
    """Write sorted, indented JSON by rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    text = json.dumps(content, indent=1, sort_keys=True, default=str, ensure_ascii=False)
    draft.write_text(text + "\n", encoding="utf-8")
    draft.replace(path)
