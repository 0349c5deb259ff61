"""Airflow connections of databases: where to connect to, from `AIRFLOW_CONN_<ID>`.

PostgreSQL is `postgresql://`, read over ADBC. Any other scheme is a dialect of SQLAlchemy, with its
driver where the dialect has several: `mysql+pymysql://`.
"""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlencode

from throughline.connect.connections import hidden
from throughline.errors import ConfigError
from throughline.settings import Settings

CONNECT_SECONDS = 10
_HOST = r"(?:\[[0-9A-Fa-f:.%]+\]|[^][:/?@,\s]*)(?::\d+)?"
_SECRET = re.compile("pass|pwd|secret|token|key|odbc", re.IGNORECASE)
_POSTGRES = ("postgres", "postgresql")
_URL = re.compile(
    r"postgres(?:ql)?://(?:[^:@/]*(?::(?P<password>[^@/]*))?@)?"
    rf"(?P<hosts>{_HOST}(?:,{_HOST})*)(?:/[^?@]*)?(?:\?(?P<options>.*))?"
)


@dataclass(frozen=True)
class Server:
    """A database server: its `url` as libpq or SQLAlchemy takes it, `hosts` for messages."""

    name: str
    url: str
    hosts: str
    passwords: tuple[str, ...]

    @property
    def is_postgres(self) -> bool:
        """Whether it is read over ADBC; else through SQLAlchemy."""
        return self.url.partition("://")[0] in _POSTGRES

    def redact(self, text: str) -> str:
        """A text without the password."""
        return hidden(text, self.passwords)


def read_server(settings: Settings, connection: str) -> Server:
    """Read a connection, written as a URL or as Airflow's JSON.

    Connecting to PostgreSQL has a limit of time.

    Raises:
        ConfigError: it is not set or none to a database; the message holds no part of it.
    """
    given = settings.connection(connection).strip()
    try:
        url = _url_of(json.loads(given)) if given.startswith("{") else given
        url = _without_extra(url)
        if url.partition("://")[0] in _POSTGRES:
            return _postgres(connection, url)
        return _other(connection, url)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ConfigError(
            f"AIRFLOW_CONN_{connection.upper()} is no connection to a database; write it as"
            " postgresql://login:password@host:5432/database (in the password %2F for /, %40"
            ' for @), or as {"conn_type": "postgres", "host": "…", "login": "…", "password": "…",'
            ' "schema": "database"}; another database has its SQLAlchemy dialect in place of'
            " postgresql, as in mysql+pymysql"
        ) from None


def _postgres(connection: str, url: str) -> Server:
    found = _URL.fullmatch(url)
    if found is None:
        raise ValueError("no URL of libpq")
    written = found["password"] or ""
    asked = parse_qs(found["options"] or "")
    if "connect_timeout" not in asked:
        joint = "?" if found["options"] is None else "&" if found["options"] else ""
        url += f"{joint}connect_timeout={CONNECT_SECONDS}"
    passwords = (written, unquote(written), *asked.get("password", ()))
    return Server(connection, url, found["hosts"], passwords)


def _other(connection: str, url: str) -> Server:
    import sqlalchemy as sa

    try:
        read = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise ValueError("no URL of SQLAlchemy") from error
    port = f":{read.port}" if read.port else ""
    asked = {
        name: " ".join([held] if isinstance(held, str) else held)
        for name, held in read.query.items()
    }
    hidden_ones = [held for name, held in asked.items() if _SECRET.search(name)]
    passwords = (str(read.password or ""), *hidden_ones)
    hosts = f"{read.host}{port}" if read.host else read.database or read.drivername
    return Server(connection, url, hosts, passwords)


def _url_of(spec: dict[str, Any]) -> str:
    kind = spec["conn_type"]
    scheme = "postgresql" if kind in _POSTGRES else kind
    login, password, database = (
        quote(spec.get(name) or "", safe="") for name in ("login", "password", "schema")
    )
    port = f":{spec['port']}" if spec.get("port") else ""
    return f"{scheme}://{login}:{password}@{spec['host']}{port}/{database}{_asking(spec)}"


def _without_extra(url: str) -> str:
    """The URL with the options that Airflow packs into `__extra__` as libpq takes them."""
    place, _, options = url.partition("?__extra__=")
    return place + _asking({"extra": dict(parse_qsl(f"e={options}"))["e"]}) if options else url


def _asking(spec: dict[str, Any]) -> str:
    extra = spec.get("extra") or {}
    options = json.loads(extra) if isinstance(extra, str) else extra
    return f"?{urlencode(options)}" if options else ""
