"""A model is a table that is replaced whole or left as it was."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from night_case import make_home
from throughline.errors import BuildError
from throughline.warehouse.dbt import Dbt, project_folder

CONTRACT = """
models:
  - name: counted
    config: {contract: {enforced: true}}
    columns: [{name: number, data_type: bigint}]
"""


@dataclass(frozen=True)
class Project:
    """One model, `counted`, that is made of what the view `given` says."""

    dbt: Dbt

    def build(self, given: str) -> None:
        """Build it from this query."""
        with duckdb.connect(str(self.dbt.work_file)) as con:
            con.execute(f"create or replace view given as {given}")
        self.dbt.build("--select", "counted")

    def tables(self) -> dict[str, int]:
        """Rows of every table in the work file."""
        with duckdb.connect(str(self.dbt.work_file), read_only=True) as con:
            names = con.execute("select table_name from duckdb_tables()").fetchall()
            return {name: len(con.table(name).fetchall()) for (name,) in names}


@pytest.fixture
def project(tmp_path: Path, contract: str) -> Iterator[Project]:
    """A parsed project of one model with our macros, in a process of its own."""
    settings = make_home(tmp_path, ["fx_rate"])
    ours, folder = project_folder(settings), tmp_path / "dbt_project"
    shutil.copytree(ours / "macros", folder / "macros")
    shutil.copy(ours / "profiles.yml", folder)
    (folder / "models").mkdir()
    (folder / "models" / "counted.yml").write_text(contract, encoding="utf-8")
    (folder / "models" / "counted.sql").write_text("select * from main.given", encoding="utf-8")
    (folder / "dbt_project.yml").write_text(
        "name: throughline\nprofile: throughline\nmodels: {+materialized: table}\n",
        encoding="utf-8",
    )
    settings.work.mkdir(parents=True)
    with Dbt(settings, settings.work / "work.duckdb") as dbt:
        dbt.manifest()
        yield Project(dbt)


@pytest.mark.parametrize("contract", [CONTRACT, ""], ids=["with contract", "without"])
def test_a_model_replaces_its_table_or_leaves_it(project: Project) -> None:
    project.build("select i as number from range(5) as numbers (i)")
    assert project.tables() == {"counted": 5}
    project.build("select i as number from range(3) as numbers (i)")
    assert project.tables() == {"counted": 3}
    with pytest.raises(BuildError, match=r"counted: .*row 4999 is bad"):
        project.build(
            "select case when i < 4999 then i else error('row 4999 is bad') end as number"
            " from range(5000) as numbers (i)"
        )
    assert project.tables() == {"counted": 3}


@pytest.mark.parametrize("contract", [CONTRACT], ids=["with contract"])
def test_a_query_of_other_columns_than_the_contract_makes_no_table(project: Project) -> None:
    with pytest.raises(BuildError, match=r"counted: .*contract"):
        project.build("select 'x' as word")
    assert project.tables() == {}
