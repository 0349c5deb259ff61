from pathlib import Path

import duckdb
import pytest

from throughline.errors import PublishError
from throughline.query import QueryError, query
from throughline.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home whose served release has one table."""
    settings = Settings(config_file=tmp_path / "c.yml", home=tmp_path / "home")
    settings.release_folder.mkdir(parents=True)
    release = settings.release_folder / "run.duckdb"
    with duckdb.connect(str(release)) as con:
        con.execute(
            "create schema lead; create table lead.leads (lead_id varchar, seen_at timestamptz)"
        )
        con.execute("insert into lead.leads values ('l1', '2026-03-02 01:00:00+08')")
    release.chmod(0o444)
    settings.current.symlink_to(Path("releases") / release.name)
    return settings


def test_a_query_returns_columns_types_and_rows_with_instants_in_utc(settings):
    answer = query(settings, "select lead_id, cast(seen_at as varchar) as seen_at from lead.leads")
    assert answer.columns == ("lead_id", "seen_at")
    assert answer.types == ("VARCHAR", "VARCHAR")
    assert answer.rows == [("l1", "2026-03-01 17:00:00+00")]


def test_a_limit_cuts_the_rows(settings):
    assert len(query(settings, "select * from range(10)", limit=3).rows) == 3


def test_without_a_release_the_error_says_how_to_get_one(tmp_path):
    bare = Settings(config_file=tmp_path / "c.yml", home=tmp_path / "home")
    with pytest.raises(PublishError, match="throughline run"):
        query(bare, "select 1")


def test_a_damaged_release_is_an_error_that_says_what_to_do(settings):
    release = settings.current.resolve()
    release.chmod(0o644)
    release.write_bytes(b"no database" * 1000)
    with pytest.raises(PublishError, match=r"current\.duckdb cannot be read .* release rollback"):
        query(settings, "select 1")


@pytest.mark.parametrize("sql", ["", " ;", "-- nothing"])
def test_no_sql_is_refused(settings, sql):
    with pytest.raises(QueryError, match="no statement"):
        query(settings, sql)


def test_wrong_sql_is_an_error_of_ours(settings):
    with pytest.raises(QueryError, match="no_such_table"):
        query(settings, "select * from no_such_table")


ESCAPES = {
    "insert": "insert into lead.leads values ('l2', now())",
    "update": "update lead.leads set lead_id = 'x'",
    "delete": "delete from lead.leads",
    "drop": "drop table lead.leads",
    "create": "create table lead.mine as select 1",
    "copy to": "copy lead.leads to '{folder}/out.csv'",
    "copy from": "copy lead.leads from '{folder}/secret.csv'",
    "export": "export database '{folder}/export'",
    "read text": "select * from read_text('{folder}/secret.csv')",
    "read csv": "select * from read_csv('{folder}/secret.csv')",
    "read blob": "select * from read_blob('{folder}/secret.csv')",
    "file as table": "select * from '{folder}/secret.csv'",
    "glob": "select * from glob('{folder}/*')",
    "attach": "attach '{folder}/other.duckdb' as other",
    "install": "install httpfs",
    "load": "load '{folder}/evil.duckdb_extension'",
    "network": "select * from read_csv('https://example.com/x.csv')",
    "external access": "set enable_external_access = true",
    "unlock": "set lock_configuration = false",
    "memory": "set memory_limit = '900GB'",
    "secret": "create secret s (type s3, key_id 'k', secret 's')",
    "python variable": "select * from python_secret",
    "alter": "alter table lead.leads add column mine integer",
    "second statement": "select 1; copy (select 1) to '{folder}/out.csv'",
    "prepared copy": "prepare p as copy (select 1) to '{folder}/out.csv'; execute p",
    "log file": "pragma enable_profiling = 'json'; pragma profiling_output = '{folder}/out.csv'",
}


@pytest.mark.parametrize("escape", ESCAPES)
def test_sql_that_wants_more_than_to_read_is_refused(settings, tmp_path, escape):
    import pandas

    python_secret = pandas.DataFrame({"secret": ["in a variable of this process"]})
    (tmp_path / "secret.csv").write_text("a\n1\n")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    with pytest.raises(QueryError):
        query(settings, ESCAPES[escape].format(folder=tmp_path))
    assert sorted(path.name for path in tmp_path.rglob("*")) == before
    assert query(settings, "select count(*) from lead.leads").rows == [(1,)]
    assert len(python_secret) == 1
