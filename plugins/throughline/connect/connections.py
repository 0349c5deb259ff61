"""Airflow connections of HTTP services: base URL and secret, from `AIRFLOW_CONN_<ID>`."""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

from throughline.errors import ConfigError
from throughline.settings import Settings

_SCHEMES = {"https": 443, "http": 80}
HIDDEN = "***"


@dataclass(frozen=True)
class Service:
    """An HTTP service: `base` is its URL without a slash at the end."""

    name: str
    base: str
    login: str
    password: str

    @property
    def site(self) -> tuple[str, str, int]:
        """Scheme, host and port: the only place that requests may go to."""
        return site_of(self.base)

    def redact(self, text: str, *more: str) -> str:
        """A text without the secrets, however they are written."""
        pair = base64.b64encode(f"{self.login}:{self.password}".encode()).decode()
        return hidden(text, (self.password, pair, *more))


def hidden(text: str, secrets: Iterable[str]) -> str:
    """A text without these secrets, however they are written."""
    plain = [secret for secret in secrets if secret]
    forms = (str, quote, quote_plus, lambda secret: json.dumps(secret)[1:-1])
    written = {form(secret) for secret in plain for form in forms}
    for secret in sorted(written, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def read_service(settings: Settings, connection: str) -> Service:
    """Read a connection, written as Airflow's JSON or as a URL.

    Raises:
        ConfigError: it is not set or names no http(s) host; the message holds no part of it.
    """
    given = settings.connection(connection).strip()
    try:
        return (
            _from_json(connection, given) if given.startswith("{") else _from_url(connection, given)
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ConfigError(
            f"AIRFLOW_CONN_{connection.upper()} is no connection to an HTTP service; write it as"
            ' https://login:password@host, or as {"conn_type": "http", "host": "https://…",'
            ' "login": "…", "password": "…"}'
        ) from None


def site_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a URL; a ValueError where it has none."""
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise ValueError("no http(s) URL")
    return parts.scheme, parts.hostname.lower(), parts.port or _SCHEMES[parts.scheme]


def _from_json(name: str, given: str) -> Service:
    spec: dict[str, Any] = json.loads(given)
    base = _base(spec["host"], spec.get("schema") or "https", spec.get("port"))
    login, password = (spec.get(key) or "" for key in ("login", "password"))
    if not isinstance(login, str) or not isinstance(password, str):
        raise TypeError("login and password are texts")
    return Service(name, base, login, password)


def _from_url(name: str, given: str) -> Service:
    parts = urlsplit(given)
    path, scheme = parts.path.rstrip("/"), parts.scheme
    if path in ("/https", "/http"):  # as Airflow writes the scheme of a connection
        scheme, path = path[1:], ""
    base = _base(unquote(parts.hostname or ""), scheme, parts.port) + path
    return Service(name, base, unquote(parts.username or ""), unquote(parts.password or ""))


def _base(host: str, scheme: str, port: int | None) -> str:
    """URL of a host, which may be a URL itself; a port told apart goes before its path."""
    parts = urlsplit(host if "://" in host else f"{scheme}://{host}")
    if "@" in parts.netloc:  # it would stand in messages
        raise ValueError("login and password stand apart from the host")
    place = f"{parts.netloc}:{port}" if port else parts.netloc
    base = f"{parts.scheme}://{place}{parts.path.rstrip('/')}"
    site_of(base)
    return base
