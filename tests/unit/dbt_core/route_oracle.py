"""Which endpoint a request belongs to, by a trie of segments; it shares no word with the SQL."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from warehouse_case import Row

UNMAPPED = "UNMAPPED"
ID = "{id}"
HEX = set("0123456789abcdef")
LETTERS = set("abcdefghijklmnopqrstuvwxyz")


def route_of(path: str) -> list[str]:
    """Segments of a path or template: words in small letters, and {id}."""
    text = path.lower()
    scheme, found, rest = text.partition("://")
    if found and scheme[:1] in LETTERS and set(scheme) <= LETTERS | set("0123456789+.-"):
        text = rest.lstrip("".join(set(rest) - set("/?#")))
    for mark in "?#":
        text = text.split(mark)[0]
    segments = [segment.split(";")[0] for segment in text.split("/")]
    return [ID if is_id(segment) else segment for segment in segments if segment]


def is_id(segment: str) -> bool:
    """Whether a segment can only be an id, or is a placeholder."""
    if any(mark in segment for mark in "{[<") or set(segment) == {"*"}:
        return True
    if segment.startswith(":") and len(segment) > 1:
        return True
    parts = re.split(r"[,_:-]", segment)
    if all(part and set(part) <= set("0123456789") for part in parts):
        return True
    if len(segment) >= 8 and set(segment) <= HEX:
        return True
    groups = segment.split("-")
    if [len(group) for group in groups] == [8, 4, 4, 4, 12] and set("".join(groups)) <= HEX:
        return True
    runs = [run for run in re.split(r"[^0-9]+", segment) if run]
    if any(len(run) >= 4 for run in runs):
        return True
    return len(runs) >= 3 and all(c.isascii() and (c.isalnum() or c in "_-") for c in segment)


class Trie:
    """Endpoints of a catalogue by method and segments."""

    def __init__(self, endpoints: Sequence[Row]) -> None:
        self.roots: dict[str, dict[str, Any]] = {}
        for endpoint in endpoints:
            node = self.roots.setdefault(endpoint["method"], {})
            for segment in route_of(endpoint["route_template"]):
                node = node.setdefault(segment, {})
            node.setdefault("/", []).append(endpoint)

    def endpoint_of(self, method: str, path: str, day: date) -> str:
        """Id of the endpoint of a request: words go before {id}, from the left."""
        for held in _walk(self.roots.get(method, {}), route_of(path)):
            valid = [e for e in held if e["valid_from"] <= day <= (e.get("valid_to") or date.max)]
            if valid:
                newest = max(e["valid_from"] for e in valid)
                return str(min(e["endpoint_id"] for e in valid if e["valid_from"] == newest))
        return UNMAPPED


def _walk(node: dict[str, Any], segments: Sequence[str]) -> Iterator[list[Row]]:
    if not segments:
        if "/" in node:
            yield node["/"]
        return
    first, *rest = segments
    for key in dict.fromkeys([first, ID]):
        if key in node:
            yield from _walk(node[key], rest)
