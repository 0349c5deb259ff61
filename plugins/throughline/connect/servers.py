"""Airflow connections of PostgreSQL servers: where to connect to, from `AIRFLOW_CONN_<ID>`."""

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
_URL = re.compile(
    r"postgres(?:ql)?://(?:[^:@/]*(?::(?P<password>[^@/]*))?@)?"
    rf"(?P<hosts>{_HOST}(?:,{_HOST})*)(?:/[^?@]*)?(?:\?(?P<options>.*))?"
)


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server: its `url` as libpq takes it, `hosts` with their ports for messages."""

    name: str
    url: str
    hosts: str
    passwords: tuple[str, ...]

    def redact(self, text: str) -> str:
        """A text without the password."""
        return hidden(text, self.passwords)


def read_server(settings: Settings, connection: str) -> Server:
    """Read a connection, written as a URL or as Airflow's JSON; connecting has a limit of time.

    Raises:
        ConfigError: it is not set or none to PostgreSQL; the message holds no part of it.
    """
    given = settings.connection(connection).strip()
    try:
        url = _url_of(json.loads(given)) if given.startswith("{") else given
        url = _without_extra(url)
    except (ValueError, KeyError, TypeError, AttributeError):
        url = ""
    found = _URL.fullmatch(url)
    if found is None:
        raise ConfigError(
            f"AIRFLOW_CONN_{connection.upper()} is no connection to a PostgreSQL server; write it"
            " as postgresql://login:password@host:5432/database (in the password %2F for /, %40"
            ' for @), or as {"conn_type": "postgres", "host": "…", "login": "…", "password": "…",'
            ' "schema": "database"}'
        ) from None
    written = found["password"] or ""
    asked = parse_qs(found["options"] or "")
    if "connect_timeout" not in asked:
        joint = "?" if found["options"] is None else "&" if found["options"] else ""
        url += f"{joint}connect_timeout={CONNECT_SECONDS}"
    passwords = (written, unquote(written), *asked.get("password", ()))
    return Server(connection, url, found["hosts"], passwords)


def _url_of(spec: dict[str, Any]) -> str:
    if spec["conn_type"] not in ("postgres", "postgresql"):
        raise ValueError("another kind of connection")
    login, password, database = (
        quote(spec.get(name) or "", safe="") for name in ("login", "password", "schema")
    )
    port = f":{spec['port']}" if spec.get("port") else ""
    return f"postgresql://{login}:{password}@{spec['host']}{port}/{database}{_asking(spec)}"


def _without_extra(url: str) -> str:
    """The URL with the options that Airflow packs into `__extra__` as libpq takes them."""
    place, _, options = url.partition("?__extra__=")
    return place + _asking({"extra": dict(parse_qsl(f"e={options}"))["e"]}) if options else url


def _asking(spec: dict[str, Any]) -> str:
    extra = spec.get("extra") or {}
    options = json.loads(extra) if isinstance(extra, str) else extra
    return f"?{urlencode(options)}" if options else ""
