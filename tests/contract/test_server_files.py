"""`docker-compose.yml`, `Dockerfile` and what belongs to them hold what docs/server.md promises."""

import functools
import importlib.util
import re
import runpy
import stat
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.fernet import Fernet
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from throughline.server import health
from throughline.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
EXAMPLE = ROOT / ".env.example"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
GIVEN = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = GIVEN["services"]
OWN = {name: each for name, each in SERVICES.items() if "build" in each}
LASTING = {name: each for name, each in SERVICES.items() if each["restart"] == "unless-stopped"}
VARIABLE = re.compile(r"\$\{(\w+)(:?[-?+][^}]*)?\}")
OPTIONAL = {"THROUGHLINE_EXECUTOR", "THROUGHLINE_PORT", "THROUGHLINE_URL", "AIRFLOW_ADMIN_USER"}
"""Variables that are no secrets and have a default."""
SECRET = re.compile(r"PASSWORD|SECRET|KEY|TOKEN|SQL_ALCHEMY_CONN|CONN_|BROKER_URL|RESULT_BACKEND")
LINES = {
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    "AIRFLOW__CORE__FERNET_KEY",
    "AIRFLOW__API_AUTH__JWT_SECRET",
    "AIRFLOW__API__SECRET_KEY",
}
"""What makes its holder master of Airflow."""


def environment(service: str) -> dict[str, str]:
    return SERVICES[service].get("environment") or {}


def gibibytes(text: str) -> float:
    number, unit = re.fullmatch(r"(\d+)\s*([mg])i?b?", text.lower()).groups()
    return int(number) / (1 if unit == "g" else 1024)


def pins(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)", text, re.MULTILINE))


def test_the_services_are_those_of_the_design() -> None:
    usual = {name for name, each in SERVICES.items() if "profiles" not in each}
    assert usual == {
        *("postgres", "init", "api-server", "scheduler"),
        *("dag-processor", "triggerer", "watchdog"),
    }
    celery = {name for name, each in SERVICES.items() if each.get("profiles") == ["celery"]}
    assert celery == {"redis", "warehouse", "extract"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_no_rights_it_does_not_need(name: str) -> None:
    each = SERVICES[name]
    where = f"docker-compose.yml: service {name}"
    uid, _, gid = each["user"].partition(":")
    assert int(uid) > 0 and int(gid) > 0, f"{where} must not run as root"
    assert each["read_only"] is True, f"{where} needs read_only: true"
    assert each["cap_drop"] == ["ALL"] and "cap_add" not in each, f"{where} keeps capabilities"
    assert each["security_opt"] == ["no-new-privileges:true"], f"{where} may gain privileges"
    forbidden = {"privileged", "pid", "ipc", "network_mode", "devices", "userns_mode"} & set(each)
    assert not forbidden, f"{where} sets {forbidden}"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_limits(name: str) -> None:
    each = SERVICES[name]
    where = f"docker-compose.yml: service {name}"
    assert each["pids_limit"] <= 1024, f"{where} needs pids_limit"
    assert 0 < gibibytes(each["mem_limit"]) <= 8, f"{where} needs mem_limit"
    assert each["logging"]["options"]["max-size"], f"{where} may fill the disk with its log"
    sized = [mount for mount in each["tmpfs"] if "size=" in mount]
    assert sized == each["tmpfs"], f"{where}: a tmpfs without size may use all memory"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_reached_from_this_machine_only(name: str) -> None:
    ports = SERVICES[name].get("ports", [])
    wrong = [port for port in ports if not port.startswith("127.0.0.1:")]
    assert not wrong, f"docker-compose.yml: service {name} publishes {wrong} to the network"
    assert not ports or name == "api-server", f"docker-compose.yml: {name} needs no port"
    assert set(SERVICES[name]["networks"]) <= {"inside", "outside"}


def test_databases_and_broker_are_on_the_inside_network_only() -> None:
    assert GIVEN["networks"]["inside"] == {"internal": True}
    for name in ("postgres", "redis", "init", "triggerer", "demo"):
        assert SERVICES[name]["networks"] == ["inside"], f"docker-compose.yml: service {name}"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_mounts_volumes_only_and_where_the_image_made_the_folder(name: str) -> None:
    made = re.search(r"install -d -o 10001 -g 10001 -m 0750 (.+)", DOCKERFILE)
    folders = set(made[1].split()) if name in OWN else {"/var/lib/postgresql/data", "/data"}
    for mount in SERVICES[name].get("volumes", []):
        volume, target = mount.split(":")[:2]
        where = f"docker-compose.yml: service {name} mounts {mount}"
        assert volume in GIVEN["volumes"], f"{where}, which is no named volume"
        assert target in folders, f"{where}: the image does not own that folder"


@pytest.mark.parametrize("name", LASTING)
def test_a_lasting_service_has_a_health_check_that_asks_for_its_work(name: str) -> None:
    check = SERVICES[name].get("healthcheck")
    assert check, f"docker-compose.yml: service {name} needs a healthcheck"
    command = check["test"]
    if name in OWN:
        assert command[:4] == ["CMD", "python", "-m", "throughline.server.health"]
        assert callable(health.check_of(command[4])), f"{name}: no such check"
        assert command[4] == ("worker" if name in ("warehouse", "extract") else name)
    else:
        assert "select 1" in command[1] or "PONG" in command[1], f"{name}: {command}"
    assert check["start_period"] and check["retries"] >= 3 and check["timeout"]


def test_only_the_first_start_and_the_command_line_end_by_themselves() -> None:
    assert {name: SERVICES[name]["restart"] for name in set(SERVICES) - set(LASTING)} == {
        "init": "on-failure:5",
        "cli": "no",
    }


def test_what_holds_tasks_is_given_time_to_end_them() -> None:
    for name in ("scheduler", "warehouse", "extract"):
        assert SERVICES[name]["stop_grace_period"] == "300s", f"docker-compose.yml: {name}"


@pytest.mark.parametrize("name", SERVICES)
def test_a_secret_comes_from_the_environment_and_has_no_default(name: str) -> None:
    for variable, value in environment(name).items():
        where = f"docker-compose.yml: {name}: {variable}"
        for used, rule in VARIABLE.findall(value.replace("${THROUGHLINE_PORT:-8080}", "")):
            if used in OPTIONAL:
                assert rule.startswith(":-"), f"{where}: {used} needs a default"
            else:
                assert rule.startswith(":?"), f"{where}: {used} must be refused when unset"
        if SECRET.search(variable):
            assert ":?" in value, f"{where} holds a secret that is not from the environment"
        assert "://" not in value or "@" not in value or ":?" in value, f"{where}: a password"


def test_every_variable_of_the_compose_file_stands_in_the_example() -> None:
    used = {found[0] for found in VARIABLE.findall(COMPOSE.read_text(encoding="utf-8"))}
    text = EXAMPLE.read_text(encoding="utf-8")
    listed = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", text, re.MULTILINE))
    assert used == set(listed) - {"COMPOSE_PROFILES"}, ".env.example and docker-compose.yml differ"
    filled = {name for name in used - OPTIONAL if listed[name]}
    assert not filled, f".env.example holds a value for {filled}"


def test_secrets_are_made_at_first_use_and_never_changed(tmp_path: Path) -> None:
    (tmp_path / "docker").mkdir()
    for name in (".env.example", "docker/make-env.sh"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    command = ["sh", str(tmp_path / "docker" / "make-env.sh")]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    made = tmp_path / ".env"
    text = made.read_text(encoding="utf-8")
    values = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))
    secrets = {name: value for name, value in values.items() if name not in OPTIONAL}
    assert len(secrets) == 10 and len(set(secrets.values())) == 10, "every secret is its own"
    assert len(secrets.pop("AIRFLOW_JWT_SECRET")) >= 64, "what HMAC with SHA-512 wants"
    for value in secrets.values():
        Fernet(value)  # 32 bytes, URL-safe
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    again = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert again.returncode == 1 and "exists already" in again.stderr
    assert made.read_text(encoding="utf-8") == text
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env", ".env.example", "docker"]


@pytest.mark.parametrize("name", ["watchdog", "cli", "demo", "warehouse", "extract"])
def test_who_runs_no_airflow_component_holds_no_key_to_airflow(name: str) -> None:
    held = LINES & set(environment(name))
    assert not held, f"docker-compose.yml: service {name} holds {held}"


def test_the_password_of_the_database_server_is_held_by_it_and_the_first_start_only() -> None:
    text = {name: str(environment(name)) for name in SERVICES}
    assert {name for name in text if "POSTGRES_PASSWORD" in text[name]} == {"postgres", "init"}


def test_one_worker_alone_consumes_the_queue_of_the_work_file() -> None:
    queues = {
        name: each["command"][each["command"].index("--queues") + 1]
        for name, each in SERVICES.items()
        if "--queues" in each["command"]
    }
    assert queues == {"warehouse": "warehouse", "extract": "default"}
    command = SERVICES["warehouse"]["command"]
    assert command[command.index("--concurrency") + 1] == "1"
    assert not {"deploy", "scale"} & set(SERVICES["warehouse"]), "one worker, never two"


def test_a_scheduler_that_was_held_up_does_not_take_itself_for_dead_at_once() -> None:
    """Airflow's own limit is 30 s; beyond it a scheduler starts its own running tasks again."""
    limit = environment("scheduler")["AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD"]
    assert int(limit) >= health.MAX_SILENCE_SECONDS


def test_duckdb_stays_well_under_the_memory_of_the_containers_that_build() -> None:
    for settings in (load_settings(ROOT / "throughline.yml"), _defaults()):
        limit = gibibytes(settings.warehouse.memory_limit)
        for name in ("scheduler", "warehouse"):
            room = gibibytes(SERVICES[name]["mem_limit"])
            assert limit <= room * 3 / 4, f"docker-compose.yml: {name}: mem_limit {room} GiB"


@pytest.mark.parametrize("name", OWN)
def test_every_variable_a_service_is_given_is_known(name: str) -> None:
    code, known = _package_code(), _airflow_variables()
    given = set(environment(name)) | set(re.findall(r"^    (AIRFLOW__\w+)=", DOCKERFILE, re.M))
    for variable in given:
        if variable.startswith("AIRFLOW__"):
            assert variable in known, f"docker-compose.yml: {name}: Airflow knows no {variable}"
        elif not variable.startswith("AIRFLOW_CONN_"):
            assert f'"{variable}"' in code, f"docker-compose.yml: {name}: nobody reads {variable}"


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_is_pinned_and_never_latest(name: str) -> None:
    image = SERVICES[name]["image"]
    tag = image.partition(":")[2]
    assert re.match(r"\d", tag), f"docker-compose.yml: {name}: {image} names no version"
    if name in OWN:
        assert tag == PROJECT["version"], f"docker-compose.yml: {name}: {image}"


def test_the_image_has_a_python_that_the_project_supports() -> None:
    [python] = re.findall(r"^ARG PYTHON=(\d+\.\d+)-slim-\w+$", DOCKERFILE, re.MULTILINE)
    assert python in SpecifierSet(PROJECT["requires-python"]), f"Dockerfile: Python {python}"
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"python:${PYTHON}"}


def test_the_image_is_installed_from_the_lock_and_runs_as_its_own_user() -> None:
    assert "--require-hashes" in DOCKERFILE and "requirements-server.lock" in DOCKERFILE
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    [user] = re.findall(r"^USER (.+)$", last, re.MULTILINE)
    assert {each["user"] for each in OWN.values()} == {user}, "Dockerfile and docker-compose.yml"
    assert "VOLUME" not in last, "Dockerfile: a service can write only what its volumes list names"


def test_the_lock_of_the_server_agrees_with_the_lock_of_everybody() -> None:
    server, everybody = pins("requirements-server.lock"), pins("requirements.lock")
    shared = set(server) & set(everybody)
    assert len(shared) > 150
    differing = {name for name in shared if server[name] != everybody[name]}
    assert not differing, f"requirements-server.lock has other versions of {sorted(differing)}"
    wanted = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["server"]
    for requirement in map(Requirement, wanted):
        found = server.get(requirement.name)
        assert found in requirement.specifier, f"requirements-server.lock: {requirement}: {found}"
    assert not set(server) & {"pytest", "ruff", "hypothesis"}, "no test tools on a server"


def test_the_build_context_holds_what_the_image_copies_and_no_secret() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    admitted = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines, ".dockerignore must keep out what it does not name"
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    assert {name for line in copied for name in line.split()} <= admitted, ".dockerignore"
    assert not {".env", "sources.env", ".throughline", ".git"} & admitted


def test_what_holds_secrets_is_ignored_by_git() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert {".env", "sources.env"} <= set(ignored), ".gitignore"


def _defaults() -> Settings:
    return Settings(config_file=ROOT / "throughline.yml")


@functools.cache
def _package_code() -> str:
    modules = (ROOT / "plugins" / "throughline").rglob("*.py")
    return "\n".join(path.read_text(encoding="utf-8") for path in modules)


@functools.cache
def _airflow_variables() -> set[str]:
    """Names of all options of Airflow and of its Celery provider, read without importing them."""
    spec = importlib.util.find_spec("airflow")
    folder = Path(spec.origin).parent
    sections = yaml.safe_load((folder / "config_templates" / "config.yml").read_text())
    celery = folder / "providers" / "celery" / "get_provider_info.py"
    sections |= runpy.run_path(str(celery))["get_provider_info"]()["config"]
    return {
        f"AIRFLOW__{section.upper()}__{option.upper()}"
        for section, given in sections.items()
        for option in given["options"]
    }
