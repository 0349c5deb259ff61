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

    A browser says where a request comes from (`Sec-Fetch-Site`, older ones `Origin`). A request
    with neither must carry its own token: one that the browser adds by itself is not enough.

    Raises:
        HTTPException: 403, the request was made elsewhere, or does not say where.
    """
    sent = request.headers
    if sent.get("authorization", "").lower().startswith("bearer "):
        return
    origin = sent.get("origin", "").partition("://")[2]
    site = sent.get("sec-fetch-site")
    if site == "same-origin" or (site is None and origin and origin == sent.get("host")):
        return
    raise HTTPException(403, "This request was not made by this page; open it and try again.")


async def add_headers(
    request: Request, answer: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Answer with the headers that every page and every document has."""
    response = await answer(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
