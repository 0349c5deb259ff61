"""Fixtures that more than one folder of tests needs."""

from collections.abc import Iterator

import pytest

import ingest_case
from throughline.local import postgres, processes


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of an empty database of a real PostgreSQL, started for this test session."""
    settings = ingest_case.make_settings(tmp_path_factory.mktemp("postgres"))
    postgres.start(settings)
    try:
        yield postgres.url(settings, "demo_crm")
    finally:
        processes.stop_all(settings)
