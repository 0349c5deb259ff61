"""Parse each DAG file twice in a fresh interpreter; write what was found as JSON."""

import json
import sys
from pathlib import Path

from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization

LIGHT = set(sys.modules)


def main(folder: Path, out: Path) -> None:
    found = {}
    for path in sorted(folder.glob("*.py")):
        bags = [DagBag(str(path)), DagBag(str(path))]
        found[path.name] = {
            "errors": bags[0].import_errors,
            "heavy": sorted({name.partition(".")[0] for name in set(sys.modules) - LIGHT}),
            "serialised": [_serialised(bag) for bag in bags],
            "dags": {dag_id: _described(dag) for dag_id, dag in bags[0].dags.items()},
        }
    out.write_text(json.dumps(found), encoding="utf-8")


def _serialised(bag: DagBag) -> dict:
    return {dag_id: DagSerialization.to_dict(dag) for dag_id, dag in bag.dags.items()}


def _described(dag) -> dict:
    return {
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "timetable": type(dag.timetable).__name__,
        "alerts_on_failure": dag.on_failure_callback is not None,
        "doc_md": dag.doc_md,
        "tasks": [
            {
                "task_id": task.task_id,
                "owner": task.owner,
                "pool": task.pool,
                "queue": task.queue,
                "weight": task.priority_weight,
                "retries": task.retries,
                "exponential": bool(task.retry_exponential_backoff),
                "longest_delay": task.max_retry_delay and task.max_retry_delay.total_seconds(),
                "timeout_seconds": task.execution_timeout.total_seconds(),
                "teardown": task.is_teardown,
                "upstream": sorted(task.upstream_task_ids),
            }
            for task in dag.tasks
        ],
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
