"""The words of an alert; text that came from a source is shown, never obeyed."""

import unicodedata
from collections.abc import Mapping

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
    return f"[throughline {_word(due)}] {plain(due.incident.summary, 150)}"


def text(due: Due) -> str:
    """The whole message in five short lines."""
    incident = due.incident
    if due.event == "resolved":
        middle = f"Resolved: after {lasted(due)}, by {plain(due.ended_by or 'somebody')}"
    else:
        middle = f"Blocks: {plain(incident.blocks)}"
    return "\n".join(
        [
            f"[{_word(due)}] {plain(incident.summary)}",
            f"Owner: {plain(incident.owner)}",
            middle,
            f"Look closer: {plain(incident.command)}",
            f"Incident {due.incident_id}: throughline alerts show {due.incident_id}",
        ]
    )


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


def _word(due: Due) -> str:
    if due.event == "flapping":
        return f"{due.incident.severity}, flapping"
    return due.event if due.event in ("resolved", "acknowledged") else due.incident.severity
