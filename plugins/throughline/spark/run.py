"""`make spark`: the newest run of this home once more, on a cluster of this machine."""

import sys
import time

from rich.console import Console
from rich.table import Table

from throughline.errors import ThroughlineError
from throughline.settings import load_settings
from throughline.spark.build import Built, build_over_thrift
from throughline.spark.cluster import cluster


def main() -> int:
    """Start the cluster, build, show the models, stop the cluster; 1 where a model failed."""
    settings = load_settings()
    if not settings.work_file.exists():
        print("there is no run yet whose inputs Spark could read: `make run` first")
        return 1
    folder = settings.work / "spark"
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with cluster(settings, folder) as running:
        print(f"a master, {len(running.workers)} workers and a Thrift server run")
        done = build_over_thrift(settings, settings.work_file, folder, running.environment)
    _show(done)
    failed = [one for one in done if one.status != "success"]
    print(
        f"{len(done) - len(failed)} of {len(done)} seeds and models built on Spark in"
        f" {time.monotonic() - started:.0f} s; files in {running.tables}"
    )
    return 1 if failed else 0


def _show(done: list[Built]) -> None:
    table = Table("model", "seconds", "what")
    for one in sorted(done, key=lambda one: -one.seconds)[:15]:
        table.add_row(f"{one.schema}.{one.model}", f"{one.seconds:.1f}", one.status)
    for one in done:
        if one.status != "success":
            table.add_row(f"{one.schema}.{one.model}", "", (one.message or one.status)[:200])
    Console().print(table)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ThroughlineError as error:
        print(error)
        sys.exit(1)
