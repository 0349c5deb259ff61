"""Models under one limit of memory: beside each other, and alone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from night_case import make_home
from throughline.errors import BuildError
from throughline.warehouse.dbt import Dbt, project_folder

HELD = "select length(list(md5(i::varchar))) as rows_held from range({rows}) as numbers (i)"
"""Keeps every text in memory until its last row is read."""

Build = Callable[[dict[str, str]], Dbt]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Build a project of these models, by name, under 300 MB."""

    def run(models: dict[str, str]) -> Dbt:
        settings = make_home(tmp_path, ["fx_rate"], warehouse={"memory_limit": "300MB"})
        profiles = (project_folder(settings) / "profiles.yml").read_text(encoding="utf-8")
        project = tmp_path / "dbt_project"
        (project / "models").mkdir(parents=True)
        (project / "profiles.yml").write_text(profiles, encoding="utf-8")
        (project / "dbt_project.yml").write_text(
            "name: crowd\nprofile: throughline\nmodels: {+materialized: table}\n", encoding="utf-8"
        )
        for name, sql in models.items():
            (project / "models" / f"{name}.sql").write_text(sql, encoding="utf-8")
        settings.work.mkdir(parents=True)
        with Dbt(settings, settings.work / "work.duckdb") as dbt:
            dbt.manifest()
            dbt.build("--select", "*")
        return dbt

    return run


def test_a_model_that_ran_out_of_memory_beside_another_is_built_alone(
    build: Build, caplog: pytest.LogCaptureFixture
) -> None:
    large = HELD.format(rows=2_500_000)
    caplog.set_level("INFO")
    built = build(
        {
            "one": large,
            "two": large,
            "after_one": "select * from {{ ref('one') }}",
            "after_two": "select * from {{ ref('two') }}",
        }
    )
    assert "ran out of memory beside another model" in caplog.text
    assert sorted((run.model, run.status) for run in built.runs) == [
        (name, "success") for name in ("after_one", "after_two", "one", "two")
    ]


def test_a_model_too_large_for_the_limit_says_which_setting_to_raise(build: Build) -> None:
    with pytest.raises(BuildError, match=r"huge: .*Out of Memory.*") as error:
        build({"huge": HELD.format(rows=9_000_000)})
    assert "warehouse.memory_limit is 300MB, too little for it: raise it" in str(error.value)
