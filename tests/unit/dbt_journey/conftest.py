"""One project that builds the journey, for all tests of this folder."""

import pytest
from journey_project import Journey
from journey_world import written_world


@pytest.fixture(scope="session")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Journey:
    """The project, built on the written world."""
    folder = tmp_path_factory.mktemp("journey") / "case"
    folder.mkdir()
    return Journey(folder, written_world())
