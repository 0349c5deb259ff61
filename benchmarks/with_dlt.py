"""dlt's default path: JSON lines through a Python generator into DuckDB; for `ingest.py`.

python benchmarks/with_dlt.py FILE ROWS FOLDER      prints {"rows": …, "seconds": …}
"""

import json
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import dlt


def main(path: str, rows: int, folder: str) -> None:
    """Load the first rows of a file into a database of the folder."""

    def events() -> Iterator[dict[str, Any]]:
        with Path(path).open(encoding="utf-8") as lines:
            yield from map(json.loads, islice(lines, rows))

    target = dlt.destinations.duckdb(f"{folder}/dlt.duckdb")
    pipeline = dlt.pipeline("events", pipelines_dir=folder, destination=target)
    begun = time.monotonic()
    pipeline.run(events(), table_name="events").raise_on_failed_jobs()
    print(json.dumps({"rows": rows, "seconds": time.monotonic() - begun}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
