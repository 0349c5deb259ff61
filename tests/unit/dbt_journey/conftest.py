"""One project that builds the journey, for all tests of this folder."""

import pytest
from journey_rows import AS_OF

from compiled_case import Compiled


@pytest.fixture(scope="session")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """The journey and the companies, and all that they read."""
    folder = tmp_path_factory.mktemp("journey") / "case"
    folder.mkdir()
    return Compiled.on_no_rows(folder, AS_OF, "lifecycle_stage_history", "dim_company")
