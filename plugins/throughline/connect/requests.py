"""One request of a read: where it goes, how it is told from others, what time it asks for."""

import hashlib
import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from throughline.connect.connections import Service, site_of
from throughline.errors import SourceError
from throughline.rest_stream import LOWER, UPPER, Incremental, RestStream


@dataclass(frozen=True)
class Request:
    """A request; `params` are appended to the URL's own, `body` is JSON text."""

    method: str
    url: str
    params: tuple[tuple[str, str], ...] = ()
    body: str | None = None

    @property
    def fingerprint(self) -> str:
        """The same for the same request."""
        told = json.dumps([self.method, self.url, self.params, self.body])
        return hashlib.sha256(told.encode()).hexdigest()

    def asking(self, name: str, value: Any) -> "Request":
        """The request with one parameter more or anew; of a POST, in its body, numbers as such."""
        if self.body is not None:
            told = json.loads(self.body)
            return replace(self, body=json.dumps({**told, name: value}, default=number_of))
        kept = tuple(pair for pair in self.params if pair[0] != name)
        return replace(self, params=(*kept, (name, str(value))))


def first_request(
    service: Service, stream: RestStream, zone: str, lower: datetime, upper: datetime
) -> Request:
    """The request that a read begins with; a bound that is asked for is filled in."""
    step = stream.incremental
    bounds = {LOWER: _rendered(lower, step, zone), UPPER: _rendered(upper, step, zone)}
    params = tuple(
        (name, str(_filled(_plain(value), bounds))) for name, value in stream.params.items()
    )
    body = None if stream.body is None else json.dumps(_filled(stream.body, bounds))
    return Request(stream.method, service.base + stream.path, params, body)


def linked(service: Service, request: Request, link: str) -> Request:
    """The request for a link of a page or of a redirect, on the service's own host only.

    Raises:
        SourceError: it leads to another host; the secret would go there too.
    """
    url = link
    try:
        url = urljoin(request.url, link)
        same = site_of(url) == service.site and "@" not in url.split("/")[2]
    except ValueError:
        same = False
    if not same:
        raise SourceError(
            f"the service sends us to {_place(url)}, which is not {service.base}; nothing was sent"
        )
    return replace(request, url=url, params=())


def instant_of(value: Any, step: Incremental, zone: str) -> datetime | None:
    """The instant that a record's field names; None where it names none."""
    if value is None or isinstance(value, (bool, list, dict)):
        return None
    try:
        if step.format in ("epoch", "epoch_ms"):
            seconds = Decimal(str(value)) / (1000 if step.format == "epoch_ms" else 1)
            return datetime.fromtimestamp(float(seconds), UTC)
        read = datetime.fromisoformat(str(value))
    except (ValueError, ArithmeticError, OSError):
        return None
    placed = read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))
    try:
        return placed.astimezone(UTC)
    except OverflowError:
        return None


def _rendered(instant: datetime, step: Incremental | None, zone: str) -> str | int:
    """An instant as the service wants it, never later than it is; of an epoch form a number."""
    form = step.format if step else "iso"
    if form == "date":
        return instant.astimezone(ZoneInfo(zone)).date().isoformat()
    if form == "epoch":
        return int(instant.timestamp() // 1)
    if form == "epoch_ms":
        return int(instant.timestamp() * 1000 // 1)
    kept = "milliseconds" if instant.microsecond else "seconds"
    return instant.astimezone(UTC).isoformat(timespec=kept).replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _filled(given: Any, bounds: dict[str, str | int]) -> Any:
    """What is given with its bounds; where a bound is all of a text, it stays a number."""
    if isinstance(given, dict):
        return {name: _filled(value, bounds) for name, value in given.items()}
    if isinstance(given, list):
        return [_filled(value, bounds) for value in given]
    if isinstance(given, str):
        if given in bounds:
            return bounds[given]
        for name, value in bounds.items():
            given = given.replace(name, str(value))
    return given


def number_of(value: Any) -> int | float:
    """A number of a page as JSON is written; a SourceError for what is none."""
    if not isinstance(value, Decimal):
        raise SourceError(f"a page holds {value!r} where a text or a number is wanted")
    return int(value) if value == value.to_integral_value() else float(value)


def _place(url: str) -> str:
    """Scheme and host of a URL, for messages; never the rest, which may hold a secret."""
    scheme, _, rest = url.partition(":")
    host = re.split(r"[/?#\\]", rest.removeprefix("//"))[0].rpartition("@")[2]
    return f"{scheme}://{host}"[:100]
