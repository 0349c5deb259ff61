"""What stands behind a table, from the manifest of the real project."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from throughline import lineage
from throughline.settings import Settings
from warehouse_case import PROJECT

QUESTION = re.compile(r"\*\*([^*]*?)\*\*\n\n```sql\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home whose last build left the project's manifest."""
    home = tmp_path_factory.mktemp("lineage")
    made = Settings(config_file=home / "throughline.yml", home=home)
    target = made.work_file.parent / "dbt_target"
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--quiet", "parse"),
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
            *("--target-path", str(target), "--log-path", str(home)),
        ],
        env={**os.environ, "THROUGHLINE_WORK_FILE": str(home / "work.duckdb")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return made


def test_stage_tables_and_exposures_stand_behind_a_staging_table(settings: Settings) -> None:
    found = lineage.behind(settings, ["staging.stg_lead"])
    assert {"lead.leads", "lead.lead_cohort_daily", "exposure:lead_quality"} <= set(found)
    assert not [name for name in found if name.startswith(("staging.", "core.fct_"))]
    tables = [name for name in found if not name.startswith("exposure:")]
    assert found == sorted(tables) + sorted(set(found) - set(tables))


def test_an_entity_reaches_what_its_staging_table_reaches(settings: Settings) -> None:
    staged = lineage.behind(settings, ["staging.stg_opportunity", "staging.stg_test_row"])
    assert "opportunity.pipeline_daily" in staged
    assert lineage.behind(settings, ["input.opportunity"]) == staged


def test_a_published_table_counts_itself_and_nothing_upstream(settings: Settings) -> None:
    found = lineage.behind(settings, ["payment.mrr_movement"])
    assert {"payment.mrr_movement", "exposure:recurring_revenue"} <= set(found)
    assert not [name for name in found if name.startswith("core.")]


def test_before_the_first_build_only_the_table_itself_is_known(tmp_path: Path) -> None:
    nothing = Settings(config_file=tmp_path / "throughline.yml", home=tmp_path)
    assert lineage.behind(nothing, ["lead.leads", "core.fct_lead"]) == ["lead.leads"]


def test_every_question_of_the_readme_is_an_exposure_of_the_tables_it_reads() -> None:
    text = (PROJECT.parent / "README.md").read_text(encoding="utf-8")
    asked = {
        title.partition("?")[0].partition(".")[0]: set(re.findall(r"from \w+\.(\w+)", sql))
        for title, sql in QUESTION.findall(text)
    }
    given = yaml.safe_load((PROJECT / "models" / "exposures.yml").read_text(encoding="utf-8"))
    known = {
        one["label"].rstrip("?"): {ref.split("'")[1] for ref in one["depends_on"]}
        for one in given["exposures"]
    }
    assert len(asked) >= 5
    assert known == asked
