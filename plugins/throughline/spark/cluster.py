"""A real standalone cluster on this machine: a master, workers, a Thrift server, each a process."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from throughline.local.ports import free_ports
from throughline.local.processes import Process, StackError, log_tail, start, stop
from throughline.settings import Settings, process_environment
from throughline.spark.inputs import Execute
from throughline.spark.java import java_home
from throughline.spark.session import session_conf

HOST = "127.0.0.1"
CLASSES = "org.apache.spark.deploy"
WORKER = ("--host", HOST, "--cores", "1", "--memory", "1500m")
START_SECONDS = 300
RESOURCES = {
    "spark.driver.memory": "1g",
    "spark.executor.memory": "1g",
    "spark.sql.shuffle.partitions": "4",
}


@dataclass(frozen=True)
class Cluster:
    """Processes of a running cluster, and where its Thrift server listens."""

    master: Process
    workers: tuple[Process, ...]
    thrift: Process
    port: int
    tables: Path

    @property
    def environment(self) -> dict[str, str]:
        """What dbt's target `spark` reads to find it."""
        return {"THROUGHLINE_SPARK_METHOD": "thrift", "THROUGHLINE_SPARK_PORT": str(self.port)}


@contextmanager
def cluster(settings: Settings, folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """Start a cluster that writes below `folder`, and stop every process of it at the end.

    Raises:
        StackError: a part did not come up; names it and its last lines.
    """
    import pyspark

    home = Path(pyspark.__file__).parent
    environment = process_environment(
        JAVA_HOME=str(java_home(folder)), SPARK_HOME=str(home), SPARK_LOCAL_IP=HOST
    )
    master_port, thrift_port, *pages = free_ports(3 + workers)
    url = f"spark://{HOST}:{master_port}"
    running: list[Process] = []

    def run(name: str, program: str, *words: str) -> Process:
        (settings.home / "logs" / f"{name}.log").unlink(missing_ok=True)
        process = start(settings, name, [str(home / "bin" / program), *words], environment)
        running.append(process)
        return process

    try:
        here = ("--host", HOST, "--port", str(master_port), "--webui-port", str(pages[0]))
        master = run("spark-master", "spark-class", f"{CLASSES}.master.Master", *here)
        _wait(master, "I have been elected leader")
        hands = [
            run(
                *(f"spark-worker-{n}", "spark-class", f"{CLASSES}.worker.Worker", url, *WORKER),
                *("--webui-port", str(pages[n]), "--work-dir", str(folder / f"worker-{n}")),
            )
            for n in range(1, workers + 1)
        ]
        for worker in hands:
            _wait(worker, "Successfully registered with master")
        thrift = run("spark-thrift", "spark-submit", *_thrift(url, thrift_port, folder))
        _wait(thrift, "HiveThriftServer2 started")
        yield Cluster(master, tuple(hands), thrift, thrift_port, folder / "tables")
    finally:
        stop(settings, *reversed(running))


def _thrift(url: str, port: int, folder: Path) -> list[str]:
    metastore = f"jdbc:derby:;databaseName={folder / 'metastore'};create=true"
    conf = {
        **session_conf(folder),
        **RESOURCES,
        "spark.log.level": "INFO",
        "spark.hadoop.javax.jdo.option.ConnectionURL": metastore,
        "spark.hadoop.datanucleus.schema.autoCreateAll": "true",
        "spark.hadoop.hive.metastore.schema.verification": "false",
    }
    return [
        *("--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"),
        *("--master", url),
        *(word for key, value in conf.items() for word in ("--conf", f"{key}={value}")),
        "spark-internal",
        *("--hiveconf", f"hive.server2.thrift.port={port}"),
        *("--hiveconf", f"hive.server2.thrift.bind.host={HOST}"),
    ]


def _wait(process: Process, said: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while said not in Path(process.log).read_text(encoding="utf-8", errors="replace"):
        if not process.alive or time.monotonic() > deadline:
            raise StackError(f"{process.name} did not start:\n{log_tail(process)}")
        time.sleep(0.2)


@contextmanager
def thrift(port: int) -> Iterator[Execute]:
    """Hand out a function that runs one statement over a Thrift server and returns its rows."""
    from pyhive import hive

    connection: Any = hive.connect(host=HOST, port=port)

    def execute(statement: str) -> list[Any]:
        cursor = connection.cursor()
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []

    try:
        yield execute
    finally:
        connection.close()
