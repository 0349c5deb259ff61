"""dbt in one child process: parsed while the inputs are prepared, then run phase by phase.

One process holds the work file at a time. The child closes it after every phase, so that the
parent can look into it between them; it dies with its parent, so that no orphan writes on.
"""

import json
import logging
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from throughline.errors import BuildError, ConfigError
from throughline.settings import PACKAGE, Settings, process_environment
from throughline.yaml_text import read_yaml

OUTPUT_TAIL = 2000
OUT_OF_MEMORY = "Out of Memory Error"
"""DuckDB's words for a statement that did not fit under `warehouse.memory_limit`."""
ALONE = ("--threads", "1")
OWN_KEYS = ("business_tz", "reporting_currency")
"""Vars that have keys of their own in `throughline.yml`."""

log = logging.getLogger(__name__)


def project_folder(settings: Settings) -> Path:
    """The dbt project beside `throughline.yml`, else the one this package came with."""
    beside = settings.config_file.parent / "dbt_project"
    return beside if beside.is_dir() else PACKAGE.parents[1] / "dbt_project"


def project_vars(settings: Settings) -> dict[str, Any]:
    """The vars that the dbt project has, with their defaults."""
    path = project_folder(settings) / "dbt_project.yml"
    return read_yaml(path.read_text(encoding="utf-8")).get("vars") or {}


def dbt_vars(settings: Settings) -> dict[str, Any]:
    """Vars given to dbt: they come from the settings alone, so they rarely change.

    Raises:
        ConfigError: dbt_project.yml has no such var, or a number where a text is given.
    """
    _known(settings)
    return {
        **settings.vars,
        "business_tz": settings.business_tz,
        "reporting_currency": settings.reporting_currency,
    }


def _known(settings: Settings) -> None:
    """Compare `vars` with those of the project, whose SQL takes no notice of any other."""
    if not settings.vars:
        return
    path, known = project_folder(settings) / "dbt_project.yml", project_vars(settings)
    for name, value in settings.vars.items():
        where = f"{settings.config_file}: vars.{name}"
        if name in OWN_KEYS:
            raise ConfigError(f"{where} has no effect; set {name} itself, beside vars")
        if name not in known:
            raise ConfigError(f"{where} is no var of {path}; it has {', '.join(sorted(known))}")
        if isinstance(value, str) != isinstance(known[name], str):
            raise ConfigError(f"{where}: {value!r} is not of the kind of {known[name]!r}")


@dataclass(frozen=True)
class ModelRun:
    """What became of one seed or model in one phase."""

    schema: str
    model: str
    status: str
    seconds: float
    rows: int | None
    message: str


@dataclass
class Dbt:
    """A child process that has parsed the project, or is about to have."""

    settings: Settings
    work_file: Path
    runs: list[ModelRun] = field(default_factory=list)
    _process: subprocess.Popen[bytes] | None = None
    _replies: IO[str] | None = None
    _output: IO[bytes] | None = None

    @property
    def target(self) -> Path:
        """Where dbt keeps its parsed project, beside the work file."""
        return self.work_file.parent / "dbt_target"

    def __enter__(self) -> "Dbt":
        project = project_folder(self.settings)
        logs = self.settings.home / "logs" / "dbt"
        for folder in (logs, self.target):
            folder.mkdir(parents=True, exist_ok=True)
        read, write = os.pipe()
        command = {
            "project": str(project),
            "target": str(self.target),
            "logs": str(logs),
            "vars": dbt_vars(self.settings),
            "replies": write,
            "parent": os.getpid(),
        }
        self._output = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "throughline.warehouse.child", json.dumps(command)],
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            pass_fds=[write],
            start_new_session=True,
            env=process_environment(
                THROUGHLINE_WORK_FILE=str(self.work_file),
                THROUGHLINE_MEMORY_LIMIT=self.settings.warehouse.memory_limit,
                THROUGHLINE_THREADS=str(self.settings.warehouse.threads),
                DBT_SEND_ANONYMOUS_USAGE_STATS="false",
            ),
        )
        os.close(write)
        self._replies = os.fdopen(read, encoding="utf-8")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process and self._process.stdin and self._replies and self._output
        if kind is not None:
            self._process.kill()
        self._process.stdin.close()
        self._process.wait()
        self._replies.close()
        self._output.close()

    def manifest(self) -> dict[str, Any]:
        """Wait until the project is parsed and return dbt's manifest.

        Raises:
            BuildError: the project does not parse.
        """
        self._answer("parse")
        return json.loads((self.target / "manifest.json").read_text(encoding="utf-8"))

    def build(self, *selection: str) -> None:
        """Run the seeds and models of a selection; adds to `runs`.

        Models run beside each other under one limit of memory. One that ran out of it is built
        once more, alone, and with it what was skipped because of it.

        Raises:
            BuildError: names every failed model with the first line of its error.
        """
        answer = self._run(*selection)
        done = answer["runs"]
        crowded = [run.model for run in done if OUT_OF_MEMORY in run.message]
        if crowded:
            log.info("%s ran out of memory beside another model: built again", ", ".join(crowded))
            again = {run.model for run in done if run.status == "skipped"}.union(crowded)
            answer = self._run(*ALONE, "--select", *sorted(again))
            done = [run for run in done if run.model not in again] + answer["runs"]
        self.runs.extend(done)
        failed = [run for run in done if run.status not in {"success", "skipped"}]
        if failed or answer["error"]:
            raise BuildError(self._said(done, failed, answer["error"]))

    def _run(self, *arguments: str) -> dict[str, Any]:
        assert self._process and self._process.stdin
        self._process.stdin.write(json.dumps(list(arguments)).encode() + b"\n")
        self._process.stdin.flush()
        answer = self._answer("run")
        return {**answer, "runs": [ModelRun(**row) for row in answer["runs"]]}

    def _said(self, done: list[ModelRun], failed: list[ModelRun], error: str | None) -> str:
        lines = [f"  {run.schema}.{run.model}: {run.message}" for run in failed]
        if any(OUT_OF_MEMORY in run.message for run in failed):
            limit = self.settings.warehouse.memory_limit
            lines.append(f"warehouse.memory_limit is {limit}, too little for it: raise it")
        return "\n".join(
            [
                f"dbt failed in {len(failed)} of {len(done)} models:",
                *(lines or [error or ""]),
                f"the whole log: {self.settings.home / 'logs' / 'dbt' / 'dbt.log'}",
            ]
        )

    def _answer(self, step: str) -> dict[str, Any]:
        assert self._replies and self._output and self._process
        line = self._replies.readline()
        if not line:
            self._process.wait()
            self._output.seek(0)
            tail = self._output.read().decode(errors="replace")[-OUTPUT_TAIL:]
            raise BuildError(
                f"dbt ended during {step} with exit status {self._process.returncode}:\n{tail}"
            )
        answer = json.loads(line)
        if step == "parse" and answer["error"]:
            raise BuildError(f"the dbt project does not parse: {answer['error']}")
        return answer
