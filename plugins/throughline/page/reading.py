"""How the page reads: the configuration of each request, one DuckDB reader at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Annotated, Any

from fastapi import Depends, Request

from throughline.query import query
from throughline.settings import Settings

_ONE = Lock()


def settings_of(request: Request) -> Settings:
    """The configuration as it is now."""
    return request.app.state.settings()


Here = Annotated[Settings, Depends(settings_of)]
"""Settings of the home that the page shows."""


@contextmanager
def one_reader() -> Iterator[None]:
    """Read release files alone: DuckDB refuses a file that is open with other settings."""
    with _ONE:
        yield


def answer(settings: Settings, sql: str) -> list[dict[str, Any]]:
    """Rows of a query on the served release.

    Raises:
        PublishError: nothing is published yet.
        QueryError: the release lacks what the query reads.
    """
    with one_reader():
        found = query(settings, sql)
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]
