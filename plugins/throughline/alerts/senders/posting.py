"""POST JSON over HTTP; no error, receipt or log line shows an address, for it holds a secret."""

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from throughline.alerts.senders import SendError
from throughline.errors import ConfigError
from throughline.settings import Settings

TIMEOUT_SECONDS = 10.0
LONGEST_RETRY_AFTER = 3600.0


@dataclass(frozen=True)
class Reply:
    """A reply whose status says success; `json` is None where its body is not JSON."""

    status: int
    text: str

    @property
    def json(self) -> Any:
        """The body."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    @property
    def receipt(self) -> str:
        """Status and the beginning of the body."""
        return f"{self.status} {self.text[:200]}"


def post(
    url: str,
    body: bytes,
    named: str,
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
) -> Reply:
    """Post a body of JSON; `query` is added to that of the address, `named` says whose it is.

    Raises:
        SendError: the address cannot be reached, or its status is no success.
    """
    import httpx

    logging.getLogger("httpx").setLevel(logging.WARNING)  # its INFO lines hold whole addresses
    kind = {"Content-Type": "application/json; charset=utf-8"}
    try:
        reply = httpx.post(
            httpx.URL(url).copy_merge_params(query or {}),
            content=body,
            headers={**kind, **(headers or {})},
            timeout=TIMEOUT_SECONDS,
            follow_redirects=False,
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SendError(f"{type(error).__name__} at the address in {named}") from None
    if not 200 <= reply.status_code < 300:
        wait = _seconds(reply.headers.get("Retry-After"))
        raise SendError(f"status {reply.status_code}: {reply.text[:200]}", wait)
    return Reply(reply.status_code, reply.text)


def encoded(given: dict[str, Any]) -> bytes:
    """JSON as it is sent."""
    return json.dumps(given, ensure_ascii=False).encode()


def secret(settings: Settings, variable: str | None) -> str:
    """Value of an environment variable.

    Raises:
        SendError: it is not set.
    """
    try:
        return settings.secret(variable or "")
    except ConfigError as error:
        raise SendError(str(error)) from error


def expect_code(reply: Reply, name: str, too_fast: tuple[int, ...]) -> str:
    """The receipt of a robot that says 0 under `name`; of a success without that, an error.

    Raises:
        SendError: it says anything else; for a code in `too_fast`, with a minute to wait.
    """
    given = reply.json
    code = given.get(name) if isinstance(given, dict) else None
    if code != 0 or isinstance(code, bool):
        wait = 60.0 if code in too_fast else None
        raise SendError(f"refused: {reply.receipt}", wait)
    return reply.receipt


def _seconds(retry_after: str | None) -> float | None:
    """Seconds of a Retry-After header, given as a number or as a date."""
    if not retry_after:
        return None
    try:
        if retry_after.strip().isdigit():
            wait = float(retry_after)
        else:
            wait = (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return None
    return min(max(wait, 0.0), LONGEST_RETRY_AFTER)
