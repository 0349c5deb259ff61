"""A Spark session as every part of Throughline wants it: instants in UTC, this machine only."""

from pathlib import Path
from typing import Any


def session_conf(folder: Path) -> dict[str, str]:
    """Configuration that decides what Spark computes and where it writes: below `folder`."""
    return {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.parser.escapedStringLiterals": "true",
        "spark.sql.cteRecursionLevelLimit": "-1",
        "spark.sql.cteRecursionRowLimit": "-1",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.warehouse.dir": str(folder / "tables"),
        "spark.driver.extraJavaOptions": f"-Dderby.stream.error.file={folder / 'derby.log'}",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.log.level": "ERROR",
    }


def embedded_conf(folder: Path, threads: int = 2) -> dict[str, str]:
    """Configuration of a session inside one process, for small data.

    The catalog lives and ends with the session. Nothing is compiled: that takes longer than the
    queries.
    """
    return {
        **session_conf(folder),
        "spark.master": f"local[{threads}]",
        "spark.driver.memory": "2g",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.shuffle.partitions": str(threads),
        "spark.default.parallelism": str(threads),
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    }


def open_session(conf: dict[str, str]) -> Any:
    """Start a session, or hand out the one that this process has.

    JAVA_HOME must name a Java that can run it (`java_home`).
    """
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("throughline")
    for key, value in conf.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()
