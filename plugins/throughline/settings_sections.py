"""Sections of `throughline.yml` with their defaults, and kinds of values that are checked.

The section `alerts` has a module of its own.
"""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from throughline.settings_alerts import Section


@cache
def _zones() -> set[str]:
    return available_timezones()


def _zone_exists(value: str) -> str:
    if value not in _zones():
        raise ValueError(f"{value!r} is not an IANA time zone, for example Asia/Shanghai")
    return value


TimeZone = Annotated[str, AfterValidator(_zone_exists)]
"""Name of an IANA time zone."""


def expanded(path: Path) -> Path:
    """A path of a configuration file; `~` at its beginning is the folder of the user."""
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(f"{path} begins with no user of this machine") from error


UserPath = Annotated[Path, AfterValidator(expanded)]
"""A path that may begin with `~`."""


class Night(Section):
    """When the night runs, in the business time zone."""

    schedule: str = "0 2 * * *"
    cutoff_minutes: int = Field(default=180, ge=1)


class Warehouse(Section):
    """Limits of the embedded engine."""

    memory_limit: str = Field(default="4GB", pattern=r"(?i)^\d+(\.\d+)? ?[kmgt]i?b$")
    threads: int = Field(default=2, ge=1)
    lock_wait_seconds: int = Field(default=900, ge=1)


class Releases(Section):
    """How many releases stay on disk, and how many of back-dated nights beside them."""

    keep: int = Field(default=5, ge=2)


class Disk(Section):
    """Room of the home, in GB of 10^9 bytes; see `throughline.disk` for what a night wants.

    A warning is told when with the next night `warn_share` of the budget would be reached, or less
    than `min_free_share` of the disk be free; a night that does not fit is refused.
    """

    budget_gb: float | None = Field(default=None, gt=0)
    warn_share: float = Field(default=0.8, gt=0, lt=1)
    min_free_share: float = Field(default=0.05, ge=0, lt=1)
    night_gb: float = Field(default=2, gt=0)


class Upkeep(Section):
    """For how many days what no night needs any more is kept; without a number, for ever.

    `raw_days`: landed files of batches that were let in. `replaced_days`: rows of input batches
    that a newer one replaced, and their landed files; nights up to so long ago can be built again.
    """

    raw_days: int | None = Field(default=None, ge=7)
    replaced_days: int | None = Field(default=90, ge=7)
    candidates_days: int = Field(default=14, ge=1)
    logs_days: int = Field(default=30, ge=1)


class Demo(Section):
    """The demo company: its source systems are generated below `<home>/demo`."""

    size: Literal["tiny", "default", "large", "huge"] = "default"
    seed: int = 7
    nights: int = Field(default=2, ge=1)
    end: date | None = None
