"""Where files of a stream are found: local folders, or object storage and others by fsspec."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from throughline.errors import ConfigError, SourceError
from throughline.file_stream import FileStream
from throughline.settings import Settings
from throughline.source_folders import Source
from throughline.windows import Matched, by_window, find_files

CONNECT_SECONDS = 10
SILENCE_SECONDS = 60
_ATTEMPTS = 4


@dataclass(frozen=True)
class RemoteStat:
    """Size in bytes and time of change of a remote file."""

    st_size: int
    st_mtime_ns: int


@dataclass(frozen=True, order=True)
class RemoteFile:
    """A file behind fsspec, with what landing needs of a path."""

    url: str
    _files: Any = field(compare=False, repr=False)

    def __str__(self) -> str:
        return self.url

    @property
    def name(self) -> str:
        """Last part of the URL."""
        return self.url.rpartition("/")[2]

    def as_posix(self) -> str:
        """The URL."""
        return self.url

    def with_name(self, name: str) -> "RemoteFile":
        """The file of another name beside this one."""
        return RemoteFile(f"{self.url.rpartition('/')[0]}/{name}", self._files)

    def is_file(self) -> bool:
        """Whether it is there."""
        return self._files.isfile(self._place)

    def stat(self) -> RemoteStat:
        """What the storage says of it now."""
        self._files.invalidate_cache()
        return _stat(self._files.info(self._place))

    @contextmanager
    def open(self, mode: str) -> Iterator[IO[bytes]]:
        """Open it for reading."""
        with self._files.open(self._place, mode) as file:
            yield file

    def read_text(self, encoding: str, errors: str) -> str:
        """Read all of it."""
        with self.open("rb") as file:
            return io.TextIOWrapper(file, encoding=encoding, errors=errors).read()

    @property
    def _place(self) -> str:
        return self.url.partition("://")[2]


def find_windows(settings: Settings, source: Source, stream: FileStream) -> Matched[Any]:
    """Files of a stream by window, as `windows.find_files` gives them.

    Raises:
        SourceError: the storage cannot be reached or refuses.
        ConfigError: the connection is missing, or nothing here speaks the protocol.
    """
    if "://" not in (path := stream.path.removeprefix("file://")):
        return find_files(path, source.folder, settings.home)
    protocol, _, place = stream.path.partition("://")
    files = _filesystem(settings, protocol, stream.connection)
    fixed = place.split("{")[0].split("*")[0]
    root = fixed.rpartition("/")[0] if fixed != place else place
    try:
        folders = list(files.walk(root, detail=True, on_error="raise"))
    except FileNotFoundError:
        return Matched({}, None)
    except OSError as error:
        raise SourceError(f"{protocol}://{root} cannot be listed: {_short(error)}") from error
    listed = [each["name"].lstrip("/") for _, _, held in folders for each in held.values()]
    found = [RemoteFile(f"{protocol}://{name}", files) for name in listed]
    return by_window(stream.path, found)


def _filesystem(settings: Settings, protocol: str, connection: str | None) -> Any:
    import fsspec

    if protocol == "s3":
        return _s3(settings, connection)
    try:
        return fsspec.filesystem(protocol)
    except (ValueError, ImportError) as error:
        raise ConfigError(f"{protocol}:// cannot be read here: {_short(error)}") from error


def _s3(settings: Settings, connection: str | None) -> Any:
    """S3 through Arrow's own client, which needs no further package."""
    from fsspec.implementations.arrow import ArrowFSWrapper
    from pyarrow.fs import AwsStandardS3RetryStrategy, S3FileSystem

    keys: dict[str, Any] = {}
    if connection is not None:
        login, password, extra = _storage(settings, connection)
        keys = {"access_key": login, "secret_key": password}
        endpoint = extra.get("endpoint_url")
        if endpoint:
            keys |= {"endpoint_override": urlsplit(endpoint).netloc or endpoint}
            keys |= {"scheme": urlsplit(endpoint).scheme or "https"}
        keys |= {"region": extra.get("region_name") or "us-east-1"}
    made = S3FileSystem(
        connect_timeout=CONNECT_SECONDS,
        request_timeout=SILENCE_SECONDS,
        retry_strategy=AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS),
        **keys,
    )
    return ArrowFSWrapper(made, skip_instance_cache=True)


def _storage(settings: Settings, connection: str) -> tuple[str, str, dict[str, str]]:
    """Access key, secret and extra of a connection, as Airflow's JSON or URL."""
    given = settings.connection(connection).strip()
    try:
        if given.startswith("{"):
            told = json.loads(given)
            extra = told.get("extra") or {}
            extra = json.loads(extra) if isinstance(extra, str) else extra
            return told["login"], told["password"], dict(extra)
        parts = urlsplit(given)
        return (
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            dict(parse_qsl(parts.query)),
        )
    except (ValueError, KeyError, TypeError):
        raise ConfigError(
            f"AIRFLOW_CONN_{connection.upper()} is no connection to a storage; write it as"
            ' {"conn_type": "aws", "login": "<access key>", "password": "<secret>",'
            ' "extra": {"endpoint_url": "https://…", "region_name": "…"}}'
        ) from None


def _stat(info: dict[str, Any]) -> RemoteStat:
    changed = info.get("mtime") or info.get("LastModified") or info.get("created")
    seconds = changed.timestamp() if hasattr(changed, "timestamp") else float(changed or 0)
    return RemoteStat(int(info["size"]), int(seconds * 1_000_000_000))


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
