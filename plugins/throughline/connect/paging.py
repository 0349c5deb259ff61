"""From page to page: what to ask for next, and when to stop because it would never end."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from throughline import fault
from throughline.connect.connections import Service
from throughline.connect.next_page import Pass, Restart, next_request
from throughline.connect.pages import Page, Record, at
from throughline.connect.requests import Request, first_request, instant_of
from throughline.errors import SourceError
from throughline.rest_stream import NumberedPages, OffsetPages, RestStream

MOST_EMPTY = 10
MOST_REPEATS = 1
MOST_PASSES = 5


@dataclass(frozen=True)
class Span:
    """What a read asks for: `lower` inclusive, `upper` exclusive; `zone` of instants without."""

    lower: datetime
    upper: datetime
    zone: str


class Reader:
    """Reads a stream's records, each once; `passes` counts the ways through its pages.

    Pages that are counted shift when records come or go during the read, and hide some. They are
    therefore read until a pass brings no key that was not there before.
    """

    def __init__(
        self, service: Service, stream: RestStream, span: Span, fetch: Callable[[Request], Page]
    ) -> None:
        self._service = service
        self._stream = stream
        self._span = span
        self._fetch = fetch
        self._pages = 0
        self._taken: set[bytes] = set()
        self._keys: set[bytes] = set()
        self.passes = 0
        self.unsteady = False

    def records(self) -> Iterator[Record]:
        """Every distinct record, in the order received.

        Raises:
            SourceError: refused, endless, or moving faster than it can be read.
        """
        counted = isinstance(self._stream.pagination, NumberedPages | OffsetPages)
        while True:
            before = len(self._keys)
            made = Pass()
            for page in self._walk(made):
                yield from self._new(page, made)
            self.passes += 1
            if not counted or made.pages <= 1 or (self.passes > 1 and len(self._keys) == before):
                return
            if self.passes == MOST_PASSES:
                self._give_up()
                return

    def _give_up(self) -> None:
        if self._stream.incremental is not None:
            raise SourceError(
                f"{self._stream.path}: {MOST_PASSES} passes and each found further records; it"
                " changes faster than its pages can be counted: use cursor or keyset pagination"
            )
        self.unsteady = True

    def _walk(self, made: Pass) -> Iterator[Page]:
        request: Request | Restart | None = self._first(self._span.lower)
        while isinstance(request, Request):
            self._count(request, made)
            page = self._fetch(request)
            before = len(self._taken)
            yield page
            fault.point("land.after_page")
            self._watch(page, made)
            made.fresh = len(self._taken) > before
            request = next_request(self._service, self._stream, request, page, made)
            if isinstance(request, Restart):
                request = self._first(request.lower or self._span.lower)

    def _first(self, lower: datetime) -> Request:
        request = first_request(
            self._service, self._stream, self._span.zone, lower, self._span.upper
        )
        kind = self._stream.pagination
        if isinstance(kind, NumberedPages):
            return request.asking(kind.param, kind.first)
        return request

    def _new(self, page: Page, made: Pass) -> Iterator[Record]:
        for record in page.records:
            told = _digest(record.text)
            self._note_time(record, made)
            if told in self._taken:
                continue
            self._taken.add(told)
            if self._belongs(record):
                self._keys.add(_digest("\0".join(str(key) for key in self._key(record))))
            yield record

    def _key(self, record: Record) -> list[object]:
        return [at(record.value, name) for name in self._stream.key]

    def _belongs(self, record: Record) -> bool:
        """Whether the record's change is within the span; one after it comes again next night."""
        step = self._stream.incremental
        if step is None:
            return True
        changed = instant_of(at(record.value, step.field), step, self._span.zone)
        return changed is None or changed < self._span.upper

    def _note_time(self, record: Record, made: Pass) -> None:
        step, kind = self._stream.incremental, self._stream.pagination
        if step is None or getattr(kind, "most", None) is None:
            return
        changed = instant_of(at(record.value, step.field), step, self._span.zone)
        if changed is None or (made.newest is not None and changed < made.newest):
            raise SourceError(
                f"{self._stream.path}: pagination.most needs records in the order of"
                f" {step.field}, and they are not; ask the service to sort by it"
            )
        made.newest = changed

    def _count(self, request: Request, made: Pass) -> None:
        if request.fingerprint in made.asked:
            raise SourceError(
                f"{self._stream.path}: page {made.pages} leads back to a page that was read; the"
                " pages go round in a circle, nothing is landed"
            )
        made.asked.add(request.fingerprint)
        self._pages += 1
        if self._pages > self._stream.limits.pages:
            raise SourceError(
                f"{self._stream.path}: more than {self._stream.limits.pages} pages (limits.pages)"
            )

    def _watch(self, page: Page, made: Pass) -> None:
        made.pages += 1
        made.records += len(page.records)
        made.since_restart += len(page.records)
        made.largest = max(made.largest, len(page.records))
        made.empty = 0 if page.records else made.empty + 1
        shown = _digest("\n".join(record.text for record in page.records))
        made.repeats += bool(page.records) and shown in made.shown
        made.shown.add(shown)
        if made.repeats > MOST_REPEATS or made.empty > MOST_EMPTY:
            what = "the same records again and again" if made.repeats else "no records any more"
            raise SourceError(f"{self._stream.path}: page {made.pages} brings {what}; stopped")


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
