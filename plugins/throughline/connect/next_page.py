"""What to ask for after a page, for each way of paging."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, assert_never

from throughline.connect.connections import Service
from throughline.connect.pages import Page, at
from throughline.connect.requests import Request, linked
from throughline.errors import SourceError
from throughline.rest_stream import (
    CursorPages,
    KeysetPages,
    LinkedPages,
    NumberedPages,
    OffsetPages,
    OnePage,
    RestStream,
)


@dataclass
class Pass:
    """One way through the pages, as far as it got.

    `fresh` tells whether the last page brought a record that was not there before, `newest` the
    last change seen, `asked` and `shown` the requests sent and the contents of pages received.
    """

    pages: int = 0
    records: int = 0
    since_restart: int = 0
    largest: int = 0
    empty: int = 0
    repeats: int = 0
    fresh: bool = True
    newest: datetime | None = None
    asked: set[str] = field(default_factory=set)
    shown: set[bytes] = field(default_factory=set)


@dataclass(frozen=True)
class Restart:
    """Begin again at `lower`: the service goes no further from where the pass began."""

    lower: datetime | None


def next_request(
    service: Service, stream: RestStream, request: Request, page: Page, made: Pass
) -> Request | Restart | None:
    """The request after `page`; None at the end.

    Raises:
        SourceError: the next link leaves the host, or what follows cannot be asked for or is not
            named.
    """
    kind = stream.pagination
    match kind:
        case OnePage():
            return None
        case CursorPages():
            return _by_cursor(stream.path, kind, request, page, made)
        case NumberedPages():
            last = not page.records or _says_no(page, kind.more)
            return None if last else request.asking(kind.param, kind.first + made.pages)
        case OffsetPages():
            last = not page.records or _says_no(page, kind.more)
            return None if last else request.asking(kind.param, made.records)
        case LinkedPages():
            link = page.link if kind.next is None else at(page.document, kind.next)
            return linked(service, request, str(link)) if link else None
        case KeysetPages():
            return _by_key(stream.path, kind, request, page, made)
        case _:
            assert_never(kind)


def _by_cursor(
    path: str, kind: CursorPages, request: Request, page: Page, made: Pass
) -> Request | Restart | None:
    cursor = at(page.document, kind.next)
    finished = kind.done is not None and _is_true(page, kind.done)
    if finished or _says_no(page, kind.more):
        return None
    if cursor in (None, "", False):
        if kind.more is not None:
            raise SourceError(
                f"{path}: page {made.pages} says at {kind.more} that there is more, but names no"
                f" next page at {kind.next}; see pagination.next"
            )
        return None
    if kind.most is None or made.since_restart < kind.most:
        return request.asking(kind.param, _told(path, kind.next, cursor))
    newest, made.since_restart, made.newest = made.newest, 0, None
    return Restart(newest)


def _by_key(
    path: str, kind: KeysetPages, request: Request, page: Page, made: Pass
) -> Request | None:
    if not page.records or _says_no(page, kind.more):
        return None
    if not made.fresh:
        if made.pages > 1 and len(page.records) == made.largest:
            raise SourceError(
                f"{path}: a full page of records with one {kind.field} that were all read before;"
                " what follows cannot be asked for: use a field that differs"
            )
        return None
    value = at(page.records[-1].value, kind.field)
    if value is None:
        raise SourceError(f"{path}: the last record of a page has no {kind.field}")
    return request.asking(kind.param, _told(path, kind.field, value))


def _told(path: str, name: str, value: Any) -> str | Decimal:
    """What the next page is asked for by; a SourceError where it cannot be sent."""
    if not isinstance(value, str | Decimal):
        raise SourceError(
            f"{path}: {name} holds {value!r:.60}, which is neither text nor number; see pagination"
        )
    return value


def _says_no(page: Page, more: str | None) -> bool:
    return more is not None and not _is_true(page, more)


def _is_true(page: Page, path: str) -> bool:
    """Whether a page says yes at a path; some services write it as text."""
    said = at(page.document, path)
    return (
        said.lower() not in ("", "0", "n", "no", "false") if isinstance(said, str) else bool(said)
    )
