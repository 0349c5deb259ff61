"""Files in object storage, read over the S3 protocol from a real local server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import boto3
import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from moto.server import ThreadedMotoServer

import ingest_case as case
from throughline.connect.files import land_files
from throughline.errors import ConfigError, SourceError
from throughline.landing import landed
from throughline.settings import Settings
from throughline.source_folders import Source

SECRET = "canary-secret-91c2"
LINES = case.call_lines("c1,in,13800138001,2026-03-01 10:00:00,missed")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    storage = boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id="key",
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
    )
    storage.create_bucket(Bucket="lake")
    for found in storage.list_objects_v2(Bucket="lake").get("Contents", []):
        storage.delete_object(Bucket="lake", Key=found["Key"])
    told = {"conn_type": "aws", "login": "key", "password": SECRET}
    told["extra"] = {"endpoint_url": endpoint, "region_name": "us-east-1"}
    monkeypatch.setenv("AIRFLOW_CONN_LAKE", json.dumps(told))
    return storage


def source_of(settings: Settings, **keys: Any) -> Source:
    path = "s3://lake/in/*/calls_{date}.csv"
    stream = {"way": "files", "path": path, "format": "csv", "connection": "lake", **keys}
    return case.write_source(settings, streams={"calls": stream})


def test_remote_files_are_landed_by_window_once_and_byte_by_byte(
    tmp_path: Path, bucket: Any
) -> None:
    settings = case.make_settings(tmp_path)
    source = source_of(settings)
    for key in ("in/a/calls_2026-03-01.csv", "in/a/calls_2026-03-02.csv", "in/a/other.csv"):
        bucket.put_object(Bucket="lake", Key=key, Body=LINES.encode())
    bucket.put_object(Bucket="lake", Key="in/b/calls_2026-03-01.csv", Body=LINES.encode())
    bucket.put_object(Bucket="lake", Key="in/b/calls_2026-03-09.csv", Body=LINES.encode())
    case.take(settings, source)
    found = landed(settings, "phones", "calls")
    assert [(m.window, len(m.files), m.rows) for m in found] == [
        ("2026-03-01", 2, 2),
        ("2026-03-02", 1, 1),
    ]
    for file in found[0].files:
        copy = found[0].folder(settings) / file.name
        assert copy.read_bytes() == LINES.encode()
        assert file.origin is not None and file.origin[0].startswith("s3://lake/in/")
    assert land_files(settings, source, "calls", case.NIGHT).new == ()


def test_remote_hidden_file_is_passed_over_and_an_impossible_date_is_told(
    tmp_path: Path, bucket: Any
) -> None:
    settings = case.make_settings(tmp_path)
    source = source_of(settings, path="s3://lake/in/*/*calls_{date}.csv")
    for key in ("in/a/calls_2026-03-01.csv", "in/a/._calls_2026-03-01.csv"):
        bucket.put_object(Bucket="lake", Key=key, Body=LINES.encode())
    bucket.put_object(Bucket="lake", Key="in/a/calls_2026-02-30.csv", Body=LINES.encode())
    bucket.put_object(Bucket="lake", Key="in/.trash/calls_2026-03-01.csv", Body=LINES.encode())
    taken = land_files(settings, source, "calls", case.NIGHT)
    assert [(m.window, len(m.files)) for m in taken.new] == [("2026-03-01", 1)]
    (error,) = taken.errors
    assert error.startswith("s3://lake/in/a/calls_2026-02-30.csv: matches s3://lake/in/")


def test_remote_file_that_changed_is_landed_anew(tmp_path: Path, bucket: Any) -> None:
    settings = case.make_settings(tmp_path)
    source = source_of(settings)
    key = "in/a/calls_2026-03-01.csv"
    bucket.put_object(Bucket="lake", Key=key, Body=LINES.encode())
    case.take(settings, source)
    more = LINES + "c2,in,13800138002,2026-03-01 11:00:00,missed\n"
    bucket.put_object(Bucket="lake", Key=key, Body=more.encode())
    (manifest,) = land_files(settings, source, "calls", case.NIGHT).new
    assert manifest.rows == 2


def test_remote_control_file_is_waited_for_and_compared(tmp_path: Path, bucket: Any) -> None:
    settings = case.make_settings(tmp_path)
    source = source_of(settings, control="sha256")
    key = "in/a/calls_2026-03-01.csv"
    bucket.put_object(Bucket="lake", Key=key, Body=LINES.encode())
    assert land_files(settings, source, "calls", case.NIGHT).not_ready == ("calls_2026-03-01.csv",)
    bucket.put_object(Bucket="lake", Key=f"{key}.sha256", Body=b"0" * 64)
    (error,) = land_files(settings, source, "calls", case.NIGHT).errors
    assert "its control file says" in error


def test_remote_file_that_is_cut_is_refused(tmp_path: Path, bucket: Any) -> None:
    settings = case.make_settings(tmp_path)
    source = source_of(settings)
    bucket.put_object(Bucket="lake", Key="in/a/calls_2026-03-01.csv", Body=LINES.encode()[:-3])
    (error,) = land_files(settings, source, "calls", case.NIGHT).errors
    assert "does not end with a line end" in error and landed(settings, "phones", "calls") == []


def test_remote_storage_that_holds_nothing_or_is_not_there_is_told(
    tmp_path: Path, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = case.make_settings(tmp_path)
    for path in ("s3://lake/in/none_{date}.csv", "s3://no-such-bucket/in/{date}.csv"):
        with pytest.raises(SourceError, match=r"no file matches|cannot be listed"):
            land_files(settings, source_of(settings, path=path), "calls", case.NIGHT)
    told = json.dumps(
        {"login": "key", "password": SECRET, "extra": {"endpoint_url": "http://127.0.0.1:9"}}
    )
    monkeypatch.setenv("AIRFLOW_CONN_LAKE", told)
    with pytest.raises(SourceError, match="cannot be listed") as caught:
        land_files(settings, source_of(settings), "calls", case.NIGHT)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("given", ["{", '{"login": "key"}'])
def test_remote_connection_that_is_none_is_named_without_its_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LAKE", given)
    settings = case.make_settings(tmp_path)
    with pytest.raises(ConfigError, match="AIRFLOW_CONN_LAKE is no connection to a storage"):
        land_files(settings, source_of(settings), "calls", case.NIGHT)


def test_remote_protocol_that_nothing_speaks_is_named(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    with pytest.raises(ConfigError, match="nowhere:// cannot be read here"):
        land_files(settings, source_of(settings, path="nowhere://x/{date}"), "calls", case.NIGHT)


def test_remote_path_that_is_a_file_url_is_local(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    path = f"file://{tmp_path}/home/drop/calls_{{date}}.csv"
    source = source_of(settings, path=path, connection=None)
    case.drop(settings, "calls_2026-03-01.csv", LINES)
    (batch,) = case.take(settings, source)
    assert batch.rows == 1


def test_remote_file_that_may_be_listed_and_not_read_is_told(tmp_path: Path) -> None:
    class ListedOnly(MemoryFileSystem):
        store: ClassVar[dict[str, Any]] = {}

        def info(self, path: str, **keys: Any) -> Any:
            raise PermissionError(f"no GetObject on {path}")

    fsspec.register_implementation("listedonly", ListedOnly, clobber=True)
    ListedOnly().pipe_file("/lake/calls_2026-03-01.csv", LINES.encode())
    settings = case.make_settings(tmp_path)
    source = source_of(settings, path="listedonly://lake/calls_{date}.csv", connection=None)
    (error,) = land_files(settings, source, "calls", case.NIGHT).errors
    assert "is listed, but cannot be looked at: no GetObject on" in error


def test_remote_files_behind_any_fsspec_protocol_are_read(tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/drop/calls_2026-03-01.csv", LINES.encode())
    settings = case.make_settings(tmp_path)
    source = source_of(settings, path="memory://drop/calls_{date}.csv", connection=None)
    try:
        (batch,) = case.take(settings, source)
        assert batch.rows == 1
        assert land_files(settings, source, "calls", case.NIGHT).new == ()
    finally:
        memory.rm("/drop", recursive=True)
