"""One page of a JSON API: its records as received, byte for byte, and what it says of the next."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import islice
from json.decoder import scanstring
from typing import Any, NoReturn

from throughline.errors import SourceError

_BLANK = re.compile(r"[ \t\n\r]*")


class NotAPage(Exception):
    """What came is no page: cut, not JSON, or without its records; another try may help."""


@dataclass(frozen=True)
class Record:
    """One record: `text` is its JSON in one line, as received; `value` is parsed."""

    text: str
    value: Any


@dataclass(frozen=True)
class Page:
    """A page. Numbers of `document` are exact decimals, `link` is the URL of the Link header.

    A number beyond what a decimal holds is its text.
    """

    document: Any
    records: tuple[Record, ...]
    link: str | None = None


def read_page(body: bytes, records: str, link: str | None = None) -> Page:
    """Read a page whose records stand at the dotted path `records`.

    Raises:
        NotAPage: it is not JSON, or has no list there.
        SourceError: it holds NaN or Infinity, or is nested too deeply to be read.
    """
    try:
        text = body.decode("utf-8-sig")
        document = _DECODER.decode(text)
        listed = at(document, records)
        if listed is None and _has(document, records):
            return Page(document, (), link)
        if not isinstance(listed, list):
            raise NotAPage(f"no list at {records or 'the top'!r}: {message_of(document)}")
        texts = _slices(text, records)
    except (ValueError, UnicodeDecodeError) as error:
        shown = body.decode("utf-8", errors="replace") if body.lstrip()[:1] == b"<" else ""
        raise NotAPage(f"not with JSON: {error} {shown}") from error
    except RecursionError as error:
        raise SourceError("a page is nested too deeply to be read") from error
    pairs = zip(texts, listed, strict=True)
    return Page(document, tuple(Record(text, value) for text, value in pairs), link)


def at(document: Any, path: str) -> Any:
    """What stands at a dotted path; None where nothing does."""
    for name in path.split(".") if path else ():
        if isinstance(document, list) and name.isdigit() and int(name) < len(document):
            document = document[int(name)]
        elif isinstance(document, dict):
            document = document.get(name)
        else:
            return None
    return document


def message_of(document: Any) -> str:
    """What a service says of a refusal; else the names it answers with.

    All of it: a secret that is cut is not found any more, so hide first and cut then.
    """
    if isinstance(document, list) and document and isinstance(document[0], dict):
        document = document[0]  # a list of refusals, as Salesforce's
    if not isinstance(document, dict):
        return f"a {type(document).__name__}"
    for name in ("message", "error_description", "error", "detail", "errors", "errmsg", "msg"):
        said = document.get(name)
        if said:
            return said if isinstance(said, str) else json.dumps(said, default=str)
    return f"an object of {', '.join(map(str, document))}"


def _has(document: Any, path: str) -> bool:
    parent, _, name = path.rpartition(".")
    there = at(document, parent)
    return isinstance(there, dict) and name in there


def _refuse(constant: str) -> NoReturn:
    raise SourceError(f"a page holds {constant}, which is no number of JSON")


def _exact(number: str) -> Decimal | str:
    try:
        return Decimal(number)
    except InvalidOperation:
        return number


_DECODER = json.JSONDecoder(parse_float=_exact, parse_int=_exact, parse_constant=_refuse)


def _slices(text: str, path: str) -> list[str]:
    """The texts of the elements of the list at a path; the document is known to be sound."""
    place = _skip(text, 0)
    for name in path.split(".") if path else ():
        place = (
            _element(text, place, int(name)) if text[place] == "[" else _member(text, place, name)
        )
    return [
        text[begin:end].replace("\n", " ").replace("\r", " ")
        for begin, end in _elements(text, place)
    ]


def _elements(text: str, place: int) -> Iterator[tuple[int, int]]:
    """Where each element of a list begins and ends."""
    place = _skip(text, place + 1)
    while text[place] != "]":
        _, end = _DECODER.raw_decode(text, place)
        yield place, end
        place = _after(text, end)


def _element(text: str, place: int, number: int) -> int:
    return next(islice(_elements(text, place), number, None))[0]


def _member(text: str, place: int, name: str) -> int:
    """Where the value of an object's last member of this name begins."""
    found = None
    place = _skip(text, place + 1)
    while text[place] != "}":
        key, place = scanstring(text, place + 1, True)
        place = _skip(text, _skip(text, place) + 1)
        found = place if key == name else found
        _, end = _DECODER.raw_decode(text, place)
        place = _after(text, end)
    if found is None:
        raise ValueError(f"no member {name!r}")
    return found


def _after(text: str, end: int) -> int:
    """Where what follows an element or a member begins, past the comma."""
    place = _skip(text, end)
    return _skip(text, place + 1) if text[place] == "," else place


def _skip(text: str, place: int) -> int:
    blank = _BLANK.match(text, place)
    return blank.end() if blank else place
