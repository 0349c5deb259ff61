"""The words of an alert; text that came from a source is shown, never obeyed."""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from throughline.alerts.incident import Incident
from throughline.alerts.outbox import Due

_HARMLESS: Mapping[str, str] = {
    "<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",
    ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}",
    "@": "\N{FULLWIDTH COMMERCIAL AT}",
    "`": "\N{ACUTE ACCENT}",
    "*": "\N{ASTERISK OPERATOR}",
    "[": "\N{FULLWIDTH LEFT SQUARE BRACKET}",
    "]": "\N{FULLWIDTH RIGHT SQUARE BRACKET}",
    "|": "\N{BROKEN BAR}",
    "~": "\N{TILDE OPERATOR}",
    "&": "\N{FULLWIDTH AMPERSAND}",
}
"""Characters by which chats mention people, link, format or quote, and ones that look like them."""

SHORT, LONG = 300, 2000
SHOWN = 3
"""Tables of a blast radius that a message names."""

FIRST = 5
"""Messages that are named where many travel in one."""

USE = "exposure:"
"""What an exposure's name begins with in a blast radius."""


def plain(text: str, limit: int = SHORT) -> str:
    """Make text inert for chat and mail: one line, no markup, no mentions, no links."""
    printable = (
        " " if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp", "Cs") else char
        for char in text
    )
    line = " ".join("".join(_HARMLESS.get(char, char) for char in printable).split())
    line = line.replace("://", "\N{FULLWIDTH COLON}//")
    return line if len(line) <= limit else line[: limit - 1] + "…"


def subject_line(due: Due) -> str:
    """What happened and to what, for a mail's subject."""
    if due.folded:
        return f"[throughline {_worst(due)}] {_counted(due)}"
    return f"[throughline {_word(due)}] {plain(due.incident.summary, 150)}"


def text(due: Due) -> str:
    """The whole message in five short lines; in six where a blast radius is known.

    Messages that travel together are counted, and the first of them named.
    """
    if due.folded:
        return _folded(due)
    incident = due.incident
    if due.event == "resolved":
        why = due.end_reason or f"by {due.ended_by or 'somebody'}"
        middle = [f"Resolved: after {lasted(due)}, {plain(why)}"]
    else:
        middle = [f"Blocks: {plain(incident.blocks)}", *_reach(incident)]
    return "\n".join(
        [
            f"[{_word(due)}] {plain(incident.summary)}",
            f"Owner: {plain(incident.owner)}",
            *middle,
            f"Look closer: {plain(incident.command)}",
            f"Incident {due.incident_id}: throughline alerts show {due.incident_id}",
        ]
    )


def reach(blast_radius: Sequence[str], shown: int = SHOWN) -> str:
    """A blast radius in a few words: how many tables, the first of them, how many uses."""
    tables = [name for name in blast_radius if not name.startswith(USE)]
    uses = len(blast_radius) - len(tables)
    more = " …" if len(tables) > shown else ""
    said = [f"{_count(len(tables), 'table')}: {', '.join(tables[:shown])}{more}"] if tables else []
    return "; ".join([*said, *([_count(uses, "use")] if uses else [])])


def lasted(due: Due) -> str:
    """How long the incident was open, in its two largest units."""
    ended = due.ended_at or due.incident.reported_at
    seconds = max(int((ended - due.incident.reported_at).total_seconds()), 0)
    sizes = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    first = next((i for i, (_, size) in enumerate(sizes) if seconds >= size), len(sizes) - 1)
    said = []
    for unit, size in sizes[first : first + 2]:
        count, seconds = divmod(seconds, size)
        said.append(f"{count} {unit}")
    return " ".join(said)


def _folded(due: Due) -> str:
    first = [f"- {_word(one)}: {plain(one.incident.summary, 100)}" for one in due.together[:FIRST]]
    more = len(due.together) - FIRST
    return "\n".join(
        [
            f"[{_worst(due)}] {_counted(due)}",
            f"Owner: {plain(due.incident.owner)}",
            *first,
            *([f"- and {more} more"] if more > 0 else []),
            "Look closer: throughline alerts list",
        ]
    )


def _counted(due: Due) -> str:
    kinds = Counter(_word(one) for one in due.together)
    said = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return f"{len(due.together)} messages in one: {said}"


def _worst(due: Due) -> str:
    return min(
        (_word(one) for one in due.together), key=lambda word: (word[:8] != "critical", word)
    )


def _reach(incident: Incident) -> list[str]:
    if not incident.blast_radius:
        return []
    served = f"; served meanwhile: {incident.served}" if incident.served else ""
    return [f"Behind it: {plain(reach(incident.blast_radius) + served)}"]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _word(due: Due) -> str:
    if due.event == "flapping":
        return f"{due.incident.severity}, flapping"
    return due.event if due.event in ("resolved", "acknowledged") else due.incident.severity
