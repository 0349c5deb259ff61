"""`python -m throughline.demo`: generate the demo world, and bring the CRM to a day's state."""

import argparse
import logging
from datetime import date
from pathlib import Path

from throughline.demo import generate, load_crm
from throughline.demo.world import SIZES
from throughline.errors import ThroughlineError
from throughline.settings import load_settings


def main() -> None:
    """Read the arguments and generate."""
    parser = argparse.ArgumentParser(prog="python -m throughline.demo", description=__doc__)
    parser.add_argument("--end", type=date.fromisoformat, required=True, help="last business date")
    parser.add_argument("--size", choices=sorted(SIZES))
    parser.add_argument("--seed", type=int)
    parser.add_argument("--nights", type=_one_or_more)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--crm", metavar="URL", help="also load the CRM's state of --end there")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    settings = load_settings()
    named = {key: getattr(given, key) for key in ("size", "seed", "nights")}
    changed = {key: value for key, value in named.items() if value is not None}
    update = {"demo": settings.demo.model_copy(update=changed)}
    if given.home:
        update["home"] = given.home.resolve()
    settings = settings.model_copy(update=update)
    truth = generate(settings, given.end)
    print(f"written: {truth.path.parent.parent}")
    if given.crm:
        print(f"crm rows written: {sum(load_crm(settings, given.crm, given.end).values())}")


def _one_or_more(text: str) -> int:
    if int(text) < 1:
        raise ValueError
    return int(text)


if __name__ == "__main__":
    try:
        main()
    except (ThroughlineError, OSError) as error:
        raise SystemExit(f"throughline: {error}") from None
