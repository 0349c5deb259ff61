"""One HTTP call: over https to a public host, at the stream's rate, its answer bounded."""

import ipaddress
import json
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from throughline.connect.bodies import OversizeError, TruncatedError, read_body
from throughline.connect.connections import Service
from throughline.connect.deadline import Deadline
from throughline.connect.pages import message_of
from throughline.connect.requests import Request
from throughline.errors import SourceError
from throughline.rest_stream import RestStream

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 10
SILENCE_SECONDS = 30
_PASSING = (408, 425, 429)
_LONGEST = 400


class PassingError(Exception):
    """A refusal that may be over in a moment; `wait` are the seconds the service asks for."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


@dataclass(frozen=True)
class Answer:
    """What came back; header names are case-insensitive."""

    status: int
    headers: "httpx.Headers"
    body: bytes

    @property
    def link(self) -> str | None:
        """URL of the next page in the Link header."""
        import httpx

        return httpx.Response(200, headers=self.headers).links.get("next", {}).get("url")


class Wire:
    """Sends the requests of one stream; `secrets` never stand in a message."""

    def __init__(self, service: Service, stream: RestStream) -> None:
        import httpx

        logging.getLogger("httpx").setLevel(logging.WARNING)  # it writes URLs with their queries
        if service.site[0] != "https" and not stream.private_network:
            raise SourceError(
                f"{service.base} is not https, so that secret and data can be read on the way;"
                " set `private_network: true` where it stands inside your own network"
            )
        self.service = service
        self.stream = stream
        self.secrets: list[str] = []
        self._next_at = 0.0
        self._deadline = Deadline(stream.limits.page_seconds)
        timeout = httpx.Timeout(
            min(SILENCE_SECONDS, stream.limits.page_seconds), connect=CONNECT_SECONDS
        )
        self._client = httpx.Client(timeout=timeout, trust_env=False, follow_redirects=False)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def told(self, what: str) -> str:
        """A message that says where, without secrets; a long one is cut."""
        where = f"{self.service.name} at {self.service.base}{self.stream.path}"
        said = " ".join(self.service.redact(what, *self.secrets).split())
        return f"{where} {said[:_LONGEST]}"

    def send(self, request: Request, headers: dict[str, str]) -> Answer:
        """Send a request and take its whole answer, whatever its status.

        Raises:
            PassingError: no connection, or no whole answer; another try may help.
            SourceError: the answer is too large, or the host is inside a private network.
        """
        import httpx

        self._keep_rate()
        self._deadline.begin()
        try:
            url = httpx.URL(request.url)
            with self._client.stream(
                request.method,
                url.copy_merge_params(request.params) if request.params else url,
                content=request.body,
                headers={"Accept": "application/json", "Accept-Encoding": "gzip", **headers},
                extensions={"trace": self._traced},
            ) as answer:
                body = read_body(answer, self.stream.limits)
                return Answer(answer.status_code, answer.headers, body)
        except OversizeError as error:
            raise SourceError(self.told(f"sent a page {error}")) from error
        except (httpx.HTTPError, TruncatedError) as error:
            said = str(error) or type(error).__name__
            raise PassingError(self.told(f"gave no whole answer: {said}")) from error
        except (httpx.InvalidURL, UnicodeEncodeError) as error:
            raise SourceError(self.told(f"gave a URL that is none: {error}")) from error

    def refusal(self, answer: Answer) -> Exception:
        """The error for an answer that is no page: worth another try or not."""
        said = self.told(f"answered {answer.status}: {_vendor_message(answer.body)}")
        if answer.status in _PASSING or answer.status >= 500:
            return PassingError(said, self._wished(answer.headers.get("retry-after")))
        return SourceError(said)

    def _wished(self, retry_after: str | None) -> float | None:
        """Seconds of a Retry-After header, at most what the stream allows; None without."""
        if retry_after is None:
            return None
        try:
            seconds = float(retry_after)
        except ValueError:
            try:
                at = parsedate_to_datetime(retry_after)
            except ValueError:
                return None
            placed = at if at.tzinfo else at.replace(tzinfo=UTC)
            seconds = (placed - datetime.now(UTC)).total_seconds()
        return min(seconds, self.stream.limits.wait_seconds) if seconds > 0 else None

    def _traced(self, event: str, info: dict[str, Any]) -> None:
        self._check_address(event, info)
        self._deadline.watch(event, info)

    def _check_address(self, event: str, info: dict[str, Any]) -> None:
        """Refuse a host that resolves into a private network, before a byte is sent."""
        if event != "connection.connect_tcp.complete" or self.stream.private_network:
            return
        address = info["return_value"].get_extra_info("server_addr")[0]
        if not _is_public(address):
            raise SourceError(
                self.told(
                    f"resolves to {address}, inside a private network; set"
                    " `private_network: true` where that is meant"
                )
            )

    def _keep_rate(self) -> None:
        now = time.monotonic()
        if now < self._next_at:
            time.sleep(self._next_at - now)
        self._next_at = max(now, self._next_at) + 1 / self.stream.per_second


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    return (getattr(found, "ipv4_mapped", None) or found).is_global


def _vendor_message(body: bytes) -> str:
    """What the service says: the message of its JSON, else the beginning of its text."""
    try:
        return message_of(json.loads(body))
    except (ValueError, RecursionError):
        return body.decode("utf-8", errors="replace")
