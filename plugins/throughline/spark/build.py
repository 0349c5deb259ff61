"""The dbt project on Spark: the same models over the same accepted rows."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from throughline.errors import BuildError
from throughline.settings import Settings, load_settings, process_environment
from throughline.spark.inputs import Execute, write_run
from throughline.warehouse.child import MODELS_ONLY
from throughline.warehouse.dbt import dbt_vars, project_folder


@dataclass(frozen=True)
class Built:
    """What became of one seed or model."""

    model: str
    schema: str
    status: str
    seconds: float
    message: str


def build(
    settings: Settings, state_file: Path, folder: Path, execute: Execute, *arguments: str
) -> list[Built]:
    """Run seeds and models on Spark for the run that `state_file` holds; one result each.

    `execute` runs a statement where dbt's target `spark` will run the models: in this process's
    session, or over Thrift. `arguments` are those of `dbt build`; `folder` takes dbt's own files.

    Raises:
        BuildError: dbt could not begin.
    """
    from dbt.cli.main import dbtRunner

    write_run(settings, state_file, execute)
    project = project_folder(settings)
    done = dbtRunner().invoke(
        [
            *("--quiet", "--no-use-colors", "--no-version-check", "--log-path", str(folder)),
            *("build", "--target", "spark", *arguments),
            *MODELS_ONLY,
            *("--project-dir", str(project), "--profiles-dir", str(project)),
            *("--target-path", str(folder / "dbt_target")),
            *("--vars", json.dumps(dbt_vars(settings), sort_keys=True)),
        ]
    )
    if done.exception is not None:
        raise BuildError(f"dbt cannot build on Spark: {done.exception}") from done.exception
    return [
        Built(
            one.node.name,
            one.node.schema,
            str(one.status.value),
            round(one.execution_time, 2),
            (one.message or "").strip(),
        )
        for one in done.result
    ]


def build_over_thrift(
    settings: Settings, state_file: Path, folder: Path, environment: Mapping[str, str], *words: str
) -> list[Built]:
    """Build in a child process, whose dbt finds the Thrift server by `environment`.

    Raises:
        BuildError: the child did not come to an end of its own.
    """
    order = {"config": str(settings.config_file), "state": str(state_file), "folder": str(folder)}
    port = int(environment["THROUGHLINE_SPARK_PORT"])
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "throughline.spark.build",
            json.dumps({**order, "port": port, "words": words}),
        ],
        env=process_environment(**environment),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    if done.returncode != 0 or not lines:
        raise BuildError(f"dbt ended with {done.returncode}; its log: {folder / 'dbt.log'}")
    return [Built(**one) for one in json.loads(lines[-1])]


def _main(order: dict[str, Any]) -> None:
    from throughline.spark.cluster import thrift

    settings = load_settings(Path(order["config"]))
    folder = Path(order["folder"])
    with thrift(order["port"]) as execute:
        done = build(settings, Path(order["state"]), folder, execute, *order["words"])
    print(json.dumps([asdict(one) for one in done]))


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]))
