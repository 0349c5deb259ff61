"""The words of an alert; text that came from a source is shown, never obeyed."""

import unicodedata
from collections.abc import Mapping

from throughline.alerts.incident import Incident

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


def subject_line(incident: Incident) -> str:
    """Severity and what failed, for a mail's subject."""
    return f"[throughline {incident.severity}] {plain(incident.summary, 150)}"


def text(incident: Incident) -> str:
    """The whole alert in four short lines."""
    return "\n".join(
        [
            f"[{incident.severity}] {plain(incident.summary)}",
            f"Owner: {plain(incident.owner)}",
            f"Blocks: {plain(incident.blocks)}",
            f"Look closer: {plain(incident.command)}",
        ]
    )
