"""The child process that runs dbt: `python -m throughline.warehouse.child <order as JSON>`.

It parses at once and answers; then each line of standard input is a list of arguments of
`dbt build`, answered by one line of JSON. Standard output is dbt's.
"""

import json
import os
import sys
from typing import Any

from throughline.orphans import die_with

MODELS_ONLY = (
    *("--exclude-resource-type", "unit_test"),
    *("--exclude-resource-type", "test"),
    *("--exclude-resource-type", "exposure"),
)
TWO_AT_A_TIME = ("--threads", "2")
"""dbt's own work for one model beside the SQL of another; DuckDB has its threads for each."""


def main(order: dict[str, Any]) -> None:
    """Serve until standard input ends."""
    die_with(order["parent"])
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    common = [
        *("--project-dir", order["project"], "--profiles-dir", order["project"]),
        *("--target-path", order["target"]),
        *("--vars", json.dumps(order["vars"], sort_keys=True)),
    ]
    quiet = ["--log-level", "none", "--no-use-colors", "--no-version-check"]
    quiet += ["--log-path", order["logs"], "--log-level-file", "info"]
    with os.fdopen(order["replies"], "w", encoding="utf-8") as replies:

        def reply(**answer: Any) -> None:
            replies.write(json.dumps(answer) + "\n")
            replies.flush()

        parsed = dbtRunner().invoke([*quiet, "parse", *common])
        reply(error=None if parsed.success else str(parsed.exception))
        if not parsed.success:
            return
        runner = dbtRunner(manifest=parsed.result)
        for line in sys.stdin:
            build = ["--no-write-json", "build", *MODELS_ONLY, *TWO_AT_A_TIME]
            done = runner.invoke([*quiet, *build, *common, *json.loads(line)])
            DuckDBConnectionManager.env().close()
            DuckDBConnectionManager.close_all_connections()
            error = str(done.exception) if done.exception else None
            reply(error=error, runs=[_run(result) for result in done.result or ()])


def _run(result: Any) -> dict[str, Any]:
    message = " ".join((result.message or "").split("\n")[:2]).strip()
    rows = (result.adapter_response or {}).get("rows_affected")
    return {
        "schema": result.node.schema,
        "model": result.node.name,
        "status": str(result.status.value),
        "seconds": round(result.execution_time, 3),
        "rows": rows if isinstance(rows, int) else None,
        "message": message,
    }


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
