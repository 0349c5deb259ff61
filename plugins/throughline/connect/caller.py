"""Pages of one stream: fetched with patience, on its own host only, in bounded time."""

import time

from throughline.connect.connections import Service
from throughline.connect.http import PassingError, Wire
from throughline.connect.pages import NotAPage, Page, read_page
from throughline.connect.requests import Request, linked
from throughline.connect.signin import Signer
from throughline.errors import SourceError
from throughline.rest_stream import RestStream

_REDIRECTS = 3
_MOVED = (301, 302, 303, 307, 308)


class Caller:
    """Fetches pages; use it as a context manager, so that its connections are closed."""

    def __init__(self, service: Service, stream: RestStream) -> None:
        self.wire = Wire(service, stream)
        self._signer = Signer(self.wire)
        self._limits = stream.limits
        self._end_at = time.monotonic() + stream.limits.minutes * 60

    def __enter__(self) -> "Caller":
        return self

    def __exit__(self, *_: object) -> None:
        self.wire.close()

    def page(self, request: Request) -> Page:
        """Fetch and read a page; what may pass is tried again within the stream's budget.

        Raises:
            SourceError: refused, beyond a limit, or not to be had; the message holds no secret.
        """
        import stamina

        limits = self._limits
        left = self._end_at - time.monotonic()
        if left <= 0:
            said = f"was not read to the end in {limits.minutes:g} minutes (limits.minutes)"
            raise SourceError(self.wire.told(said))
        tried = 0
        try:
            for attempt in stamina.retry_context(
                on=_backoff,
                attempts=limits.attempts,
                timeout=min(limits.retry_seconds, left),
                wait_initial=0.5,
                wait_max=min(30.0, limits.wait_seconds),
            ):
                with attempt:
                    tried = attempt.num
                    return self._once(request)
        except PassingError as error:
            raise SourceError(f"{error} (tried {tried} times)") from error
        raise AssertionError("a retry context returns or raises")

    def _once(self, request: Request) -> Page:
        own = dict(self.wire.stream.headers)
        if request.body is not None:
            own.setdefault("Content-Type", "application/json")
        for _ in range(_REDIRECTS + 1):
            answer = self.wire.send(request, own | self._signer.headers())
            if answer.status in _MOVED and request.method == "GET":
                request = linked(self.wire.service, request, answer.headers.get("location", ""))
                continue
            if answer.status == 401 and self._signer.renews():
                continue
            if answer.status == 204:
                return Page(None, ())
            if answer.status != 200:
                raise self.wire.refusal(answer)
            try:
                return read_page(answer.body, self.wire.stream.records, answer.link)
            except NotAPage as error:
                raise PassingError(self.wire.told(f"answered 200, but {error}")) from error
        raise SourceError(self.wire.told(f"redirects more than {_REDIRECTS} times"))


def _backoff(error: Exception) -> bool | float:
    """Whether to try again, or after how many seconds where the service says so."""
    if not isinstance(error, PassingError):
        return False
    return True if error.wait is None else error.wait
