"""Every finding of the doctor: it is made when it should be, and not otherwise."""

import os
import shutil
import socket
from pathlib import Path

import duckdb
import pytest

from throughline import alerts, keys
from throughline.doctor import configuration, examine, machine
from throughline.errors import ConfigError
from throughline.local import postgres, processes
from throughline.local.processes import Process
from throughline.settings import Settings, load_settings

SOURCE = """
source: shop
domain: crm
owner: crm-team
description: a shop
timezone: UTC
streams:
  leads: {way: database, connection: shop_db, table: crm.leads, key: [lead_id]}
entities: {lead: {streams: [leads]}}
"""


def settings(tmp_path: Path, text: str = "") -> Settings:
    config = tmp_path / "throughline.yml"
    config.write_text(f"home: home\n{text}")
    return load_settings(config)


def with_source(tmp_path: Path, text: str = SOURCE, more: str = "") -> Settings:
    folder = tmp_path / "sources" / "shop"
    folder.mkdir(parents=True)
    (folder / "source.yml").write_text(text)
    (folder / "lead.sql").write_text("select 1")
    return settings(tmp_path, f"sources_path: [sources]\n{more}")


def problems(found: list) -> str:
    return "\n".join(f"{finding.level} {finding.problem}" for finding in found)


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)])
def test_supported_python_is_no_finding(version: tuple[int, int]) -> None:
    assert machine.python_version(version) == []


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_other_python_is_an_error_that_names_it(version: tuple[int, int]) -> None:
    [found] = machine.python_version(version)
    assert found.level == "error"
    assert f"{version[0]}.{version[1]}" in found.problem


def test_invalid_configuration_is_reported_by_key(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "throughline.yml").write_text("night: {cutoff_minute: 5}\n")
    monkeypatch.setenv("THROUGHLINE_CONFIG", str(tmp_path / "throughline.yml"))
    [found] = examine()
    assert "night.cutoff_minute" in found.problem


def test_missing_configuration_is_reported(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("THROUGHLINE_CONFIG", str(tmp_path / "nowhere.yml"))
    [found] = examine()
    assert "nowhere.yml does not exist" in found.problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("warehouse: {memory_limit: lots}", "warehouse.memory_limit: "),
        ("warehouse: {memory_limit: 4 potatoes}", "warehouse.memory_limit: "),
        ("night: {cutoff_minutes: 5}\nnight: {}", "the key 'night' stands twice"),
        ("vars: {late_days: 1, late_days: 2}", "the key 'late_days' stands twice"),
        ("vars: {late_dayz: 4}", "vars.late_dayz is no var of "),
        ("vars: {late_days: many}", "vars.late_days: 'many' is not of the kind of 3"),
        ("vars: {event_roi_model: 1}", "vars.event_roi_model: 1 is not of the kind of 'linear'"),
        ("vars: {business_tz: UTC}", "vars.business_tz has no effect"),
    ],
)
def test_a_wrong_value_or_key_is_an_error_and_not_passed_over(
    tmp_path: Path, monkeypatch, text: str, said: str
) -> None:
    config = tmp_path / "throughline.yml"
    config.write_text(f"home: home\n{text}\n")
    monkeypatch.setenv("THROUGHLINE_CONFIG", str(config))
    assert any(one.level == "error" and said in one.problem for one in examine())


@pytest.mark.parametrize("limit", ["300MB", "4GiB", "1.5 gb", "0.5TB"])
def test_right_vars_and_limits_are_no_finding(tmp_path: Path, limit: str) -> None:
    given = settings(
        tmp_path,
        f"warehouse: {{memory_limit: {limit}}}\n"
        "vars: {late_days: 4, alpha: 0.01, active_definition: is_core}\n",
    )
    assert configuration.variables(given) == []
    with duckdb.connect(config={"memory_limit": given.warehouse.memory_limit}):
        pass


@pytest.mark.parametrize("content", [None, b"home: h\xff\xfe", "home: home".encode("utf-16")])
def test_configuration_that_is_no_text_is_reported(
    tmp_path: Path, monkeypatch, content: bytes | None
) -> None:
    config = tmp_path / "throughline.yml"
    config.mkdir() if content is None else config.write_bytes(content)
    monkeypatch.setenv("THROUGHLINE_CONFIG", str(config))
    [found] = examine()
    assert f"{config} cannot be read" in found.problem


def test_what_cannot_be_looked_at_is_a_finding_and_ends_nothing(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv("THROUGHLINE_CONFIG", str(settings(tmp_path).config_file))
    (tmp_path / "home").write_text("a file where the folder should be")
    assert "cannot be written" in problems(examine())
    (tmp_path / "home").unlink()
    (tmp_path / "home" / "run").mkdir(parents=True)
    (tmp_path / "home" / "run" / "processes.json").write_text("")
    found = problems(examine())
    assert f"error cannot be looked at: {tmp_path / 'home/run/processes.json'} is damaged" in found
    assert "nothing is published yet" in found


def test_home_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    [found] = machine.home(settings(tmp_path))
    assert found.level == "error"
    assert "cannot be written" in found.problem


def test_home_that_can_be_written_is_no_finding(tmp_path: Path) -> None:
    assert "cannot be written" not in problems(machine.home(settings(tmp_path)))


def test_a_disk_without_room_for_a_night_is_an_error_one_that_fills_up_a_warning(
    tmp_path: Path,
) -> None:
    free = shutil.disk_usage(tmp_path).free / 10**9
    assert machine.room(settings(tmp_path, "disk: {min_free_share: 0, night_gb: 0.001}\n")) == []
    [found] = machine.room(settings(tmp_path, f"disk: {{night_gb: {free + 500}}}\n"))
    assert found.level == "error"
    assert "are free for" in found.problem
    [found] = machine.room(settings(tmp_path, "disk: {min_free_share: 0.999}\n"))
    assert found.level == "warning"
    assert "disk.min_free_share" in found.problem


def test_a_home_over_its_budget_is_an_error_one_close_to_it_a_warning(tmp_path: Path) -> None:
    def found(budget: float) -> list[str]:
        text = f"disk: {{budget_gb: {budget}, night_gb: 0.001, min_free_share: 0}}\n"
        return [one.level for one in machine.room(settings(tmp_path, text))]

    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "landed").write_bytes(bytes(7_000_000))
    assert found(0.0079) == ["error"]
    assert found(0.0081) == ["warning"]
    assert found(0.0101) == []


def test_missing_key_matters_only_when_there_are_batches(tmp_path: Path) -> None:
    given = settings(tmp_path)
    assert configuration.pii_key(given) == []
    (given.input / "lead" / "some.batch").mkdir(parents=True)
    [found] = configuration.pii_key(given)
    assert found.level == "error"
    assert "is missing" in found.problem


def test_made_key_is_no_finding_short_or_open_one_is(tmp_path: Path) -> None:
    given = settings(tmp_path)
    keys.key(given, "pii.key")
    assert configuration.pii_key(given) == []
    path = given.home / "secrets" / "pii.key"
    path.chmod(0o644)
    assert "read by other users" in problems(configuration.pii_key(given))
    path.chmod(0o600)
    path.write_text("short")
    assert "5 characters" in problems(configuration.pii_key(given))


def test_short_key_in_the_environment_is_an_error(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("THROUGHLINE_PII_KEY", "k" * 31)
    assert "31 characters" in problems(configuration.pii_key(settings(tmp_path)))
    monkeypatch.setenv("THROUGHLINE_PII_KEY", "k" * 32)
    assert configuration.pii_key(settings(tmp_path)) == []


def test_source_whose_connection_is_unknown_is_an_error(tmp_path: Path, monkeypatch) -> None:
    given = with_source(tmp_path)
    [found] = configuration.sources(given)
    assert "AIRFLOW_CONN_SHOP_DB" in found.problem
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_DB", "postgresql://shop")
    assert configuration.sources(given) == []


def test_invalid_source_folder_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    given = with_source(tmp_path, SOURCE.replace("domain: crm", "domain: shops"))
    [found] = configuration.sources(given)
    assert "source.yml" in found.problem
    assert "domain" in found.problem


def test_schedule_that_is_not_daily_is_an_error(tmp_path: Path) -> None:
    assert configuration.schedule(settings(tmp_path)) == []
    [found] = configuration.schedule(settings(tmp_path, "night: {schedule: '@hourly'}\n"))
    assert "night.schedule" in found.problem


def test_memory_limit_that_is_no_amount_of_bytes_is_named(tmp_path: Path) -> None:
    assert settings(tmp_path, "warehouse: {memory_limit: 1.5 gib}\n").warehouse.memory_limit
    with pytest.raises(ConfigError, match=r"warehouse\.memory_limit: "):
        settings(tmp_path, "warehouse: {memory_limit: lots}\n")


def test_alerts_without_a_way_out_are_a_warning(tmp_path: Path) -> None:
    [found] = configuration.alerts(settings(tmp_path))
    assert found.level == "warning"
    assert "nobody is told" in found.problem


def test_webhook_without_its_variable_is_an_error(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("MY_HOOK", raising=False)
    given = settings(tmp_path, "alerts: {webhook: {url_env: MY_HOOK}}\n")
    [found] = configuration.alerts(given)
    assert "MY_HOOK" in found.problem
    monkeypatch.setenv("MY_HOOK", "http://127.0.0.1:1/hook")
    assert configuration.alerts(given) == []


def test_owner_without_address_is_a_warning(tmp_path: Path) -> None:
    mail = "  email: {host: 127.0.0.1, sender: from@example.org}\n"
    given = with_source(tmp_path, more=f"alerts:\n{mail}")
    assert "owner crm-team has no address" in problems(configuration.alerts(given))
    text = f"sources_path: [sources]\nalerts:\n{mail}  owners: {{crm-team: crm@example.org}}\n"
    assert configuration.alerts(settings(tmp_path, text)) == []


def test_database_that_does_not_answer_is_an_error(tmp_path: Path, monkeypatch) -> None:
    given = settings(tmp_path)
    assert machine.database(given) == []
    monkeypatch.setenv("THROUGHLINE_STATE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    [found] = machine.database(given)
    assert "does not answer" in found.problem


@pytest.mark.parametrize(
    "url", ["postgresq://u:secret@h/db", "postgresql://u:sec%zzret@h/db", "u:secret@h"]
)
def test_an_address_that_is_none_is_told_without_its_password(
    tmp_path: Path, monkeypatch, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    given = settings(tmp_path)
    monkeypatch.setenv("THROUGHLINE_STATE_URL", url)
    [found] = machine.database(given)
    assert "THROUGHLINE_STATE_URL is no address" in found.problem
    told = str(alerts.deliver(given))
    assert "THROUGHLINE_STATE_URL is no address" in told
    assert not any("ret" in said for said in (found.problem, told, caplog.text))


def test_database_that_answers_is_no_finding(tmp_path: Path) -> None:
    given = settings(tmp_path)
    try:
        postgres.start(given)
        assert machine.database(given) == []
    finally:
        processes.stop_all(given)
    assert machine.database(given) == []


def test_process_that_is_gone_is_a_warning(tmp_path: Path) -> None:
    given = settings(tmp_path)
    assert machine.processes(given) == []
    processes.remember(given, Process("scheduler", os.getpid(), 1.0, "its.log"))
    [found] = machine.processes(given)
    assert "scheduler" in found.problem
    assert "is gone" in found.problem


def test_port_taken_by_others_is_a_warning(tmp_path: Path) -> None:
    given = settings(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        (given.home / "run").mkdir(parents=True)
        (given.home / "run" / "api_port").write_text(str(taken.getsockname()[1]))
        [found] = machine.ports(given)
    assert "used by other software" in found.problem
    assert machine.ports(given) == []


def test_nothing_published_is_a_warning_and_a_broken_link_an_error(tmp_path: Path) -> None:
    given = settings(tmp_path)
    [found] = configuration.release(given)
    assert found.level == "warning"
    given.release_folder.mkdir(parents=True)
    given.current.symlink_to("releases/2026-03-01-abcdef12.duckdb")
    [found] = configuration.release(given)
    assert found.level == "error"
    (given.release_folder / "2026-03-01-abcdef12.duckdb").write_bytes(b"not a database")
    [found] = configuration.release(given)
    assert "missing or damaged" in found.problem
