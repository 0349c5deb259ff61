"""One at a time: what removes files, and what copies all of them."""

from contextlib import AbstractContextManager

from throughline.landing.files import only_one
from throughline.settings import Settings


def alone(settings: Settings, what: str, wait_seconds: float = 300) -> AbstractContextManager[None]:
    """The right to remove files of the home, or to rely on none being removed."""
    return only_one(settings.work / "upkeep.lock", f"{what} of {settings.home}", wait_seconds)
