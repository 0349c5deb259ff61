"""What keeps the page safe: who visits, requests from elsewhere, headers of every answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import HTTPException, Request, Response

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self';"
        " form-action 'self'; frame-ancestors 'self'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Visitor:
    """The user who is logged in, by the name that goes into an incident's history."""

    name: str
    may_acknowledge: bool


def refuse_foreign(request: Request) -> None:
    """Let only this page and programs change something, not a form of another site.

    A browser says where a request comes from: `Sec-Fetch-Site`, older ones `Origin`. That counts
    first, for the server may add a token to every request by itself. A program says neither and
    brings its own token.

    Raises:
        HTTPException: 403, the request was made elsewhere, or by nobody known.
    """
    sent = request.headers
    site, origin = sent.get("sec-fetch-site"), sent.get("origin")
    if site is not None:
        is_ours = site == "same-origin"
    elif origin is not None:
        is_ours = origin.partition("://")[2] == sent.get("host")
    else:
        is_ours = sent.get("authorization", "").lower().startswith("bearer ")
    if not is_ours:
        raise HTTPException(403, "This request was not made by this page; open it and try again.")


async def add_headers(
    request: Request, answer: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Answer with the headers that every page and every document has."""
    response = await answer(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
