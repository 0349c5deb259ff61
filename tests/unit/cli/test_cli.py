"""The command line: clear errors, exit codes, formats; commands that need no running stack."""

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from throughline.cli.tables import print_csv, print_json, print_table

HEAVY = ("duckdb", "pandas", "great_expectations", "dbt", "airflow", "pyarrow", "psycopg")


@pytest.fixture
def home(tmp_path: Path, monkeypatch) -> Path:
    """Home folder of an empty project that the commands find."""
    (tmp_path / "throughline.yml").write_text("home: home\n")
    monkeypatch.setenv("THROUGHLINE_CONFIG", str(tmp_path / "throughline.yml"))
    monkeypatch.delenv("THROUGHLINE_HOME", raising=False)
    return tmp_path / "home"


def publish(home: Path, run_id: str = "2026-03-01-abcdef12") -> None:
    """Put a small release in place by hand and serve it."""
    (home / "releases").mkdir(parents=True)
    path = home / "releases" / f"{run_id}.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema lead")
        connection.execute("create table lead.leads as select 'l1' as lead_id, 12.50 as amount")
        connection.execute(
            "create table build_info as select ? as run_id, true as is_passed", [run_id]
        )
    (home / "current.duckdb").symlink_to(f"releases/{run_id}.duckdb")


def test_query_without_a_release_is_one_line_and_exit_code_one(home, throughline) -> None:
    code, out, err = throughline("query", "select 1")
    assert code == 1
    assert out == ""
    assert err.startswith("throughline: nothing is published yet")
    assert "Traceback" not in err


def test_query_prints_a_table_json_and_csv(home, throughline) -> None:
    publish(home)
    sql = "select lead_id, amount from lead.leads"
    assert throughline("query", sql)[:2] == (0, "lead_id  amount\nl1        12.50\n")
    code, out, _ = throughline("query", sql, "--json")
    assert (code, json.loads(out)) == (0, [{"lead_id": "l1", "amount": "12.50"}])
    assert throughline("query", sql, "--csv")[:2] == (0, "lead_id,amount\nl1,12.50\n")


@pytest.mark.parametrize(
    "sql",
    [
        "create table x as select 1",
        "copy (select 1) to 'stolen.csv'",
        "select * from read_text('throughline.yml')",
        "selec 1",
    ],
)
def test_query_that_is_wrong_or_wants_more_than_reading_is_refused(home, throughline, sql) -> None:
    publish(home)
    code, out, err = throughline("query", sql)
    assert (code, out) == (1, "")
    assert err.startswith("throughline: ")
    assert "Traceback" not in err


def test_json_and_csv_together_are_refused(home, throughline) -> None:
    publish(home)
    assert throughline("query", "select 1", "--json", "--csv")[0] == 1


def test_unknown_batch_names_the_command_that_lists_them(home, throughline) -> None:
    code, _, err = throughline("batch", "release", "no.such.batch", "--reason", "looked at it")
    assert code == 1
    assert "throughline batch list" in err


def test_backfill_with_dates_turned_round_is_refused(home, throughline) -> None:
    code, _, err = throughline("backfill", "--from", "2026-03-02", "--to", "2026-03-01")
    assert code == 1
    assert "2026-03-02 is after --to 2026-03-01" in err


def test_backfill_of_a_night_that_is_not_over_is_refused(home, throughline) -> None:
    tomorrow = (date.today() + timedelta(days=1)).isoformat()
    code, out, err = throughline("backfill", "--from", "2026-03-01", "--to", tomorrow, "--local")
    assert (code, out) == (1, "")
    assert f"{tomorrow} is not over" in err


def test_backfill_without_a_stack_says_how_to_start_one(home, throughline) -> None:
    code, _, err = throughline("backfill", "--from", "2026-03-01", "--to", "2026-03-01")
    assert code == 1
    assert "throughline up" in err


def test_broken_configuration_names_the_key(home, throughline) -> None:
    (home.parent / "throughline.yml").write_text("releases: {keep: 1}\n")
    code, _, err = throughline("status")
    assert code == 1
    assert "releases.keep" in err


def test_what_the_system_refuses_is_one_line_that_names_it(home, throughline) -> None:
    home.write_text("a file where the folder should be")
    code, _, err = throughline("upkeep")
    assert code == 1
    assert err.startswith("throughline: the system refuses: ")
    assert str(home) in err


def test_status_passes_over_what_is_no_night(home, throughline) -> None:
    (home / "outcomes").mkdir(parents=True)
    (home / "outcomes" / ".DS_Store").touch()
    assert throughline("status")[0] == 0


def test_status_of_an_empty_home_is_valid_json(home, throughline) -> None:
    code, out, _ = throughline("status", "--json")
    assert code == 0
    assert json.loads(out) == {"stack": {}, "served": None, "nights": [], "incidents": None}
    assert not home.exists(), "looking makes nothing"


def test_down_when_nothing_runs_says_so(home, throughline) -> None:
    assert throughline("down")[:2] == (0, "nothing was running\n")
    assert throughline("down", "--quiet")[:2] == (0, "")


def test_clean_removes_the_home_but_nothing_foreign(home, throughline) -> None:
    (home / "releases").mkdir(parents=True)
    assert throughline("watchdog")[0] == 0  # part of `up`: it notes what it saw
    (home / "thesis.txt").write_text("years of work")
    code, _, err = throughline("clean")
    assert code == 1
    assert "thesis.txt, which" in err
    assert "alerts" not in err
    (home / "thesis.txt").unlink()
    assert throughline("clean")[0] == 0
    assert not home.exists()
    assert throughline("clean")[:2] == (0, "nothing to remove\n")


def test_release_list_of_an_empty_home_has_no_rows(home, throughline) -> None:
    assert throughline("release", "list")[:2] == (0, "(no rows)\n")


def test_rollback_to_nothing_is_refused(home, throughline) -> None:
    code, _, err = throughline("release", "rollback", "2026-03-01-00000000")
    assert code == 1
    assert "no whole release" in err


def test_help_needs_nothing_heavy() -> None:
    code = (
        "import sys; import throughline.cli; "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_csv_makes_formulas_harmless_and_leaves_numbers_alone(capsys) -> None:
    print_csv(("a", "b"), [("=cmd()", -1), ("@x", None), ("plain", 2.5)])
    assert capsys.readouterr().out == "a,b\n'=cmd(),-1\n'@x,\nplain,2.5\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("batch list --status hold", "--status 'hold' is none of held, landed, passed, withdrawn"),
        ("batch list --entity leads", "--entity 'leads' is none of account, "),
        ("rejected list --entity /etc", "--entity '/etc' is none of account, "),
    ],
)
def test_a_word_that_no_list_has_is_refused(home, throughline, words: str, said: str) -> None:
    code, out, err = throughline(*words.split())
    assert (code, out) == (1, "")
    assert said in err


def test_a_table_shows_text_of_a_source_on_its_line_and_obeys_none_of_it(capsys) -> None:
    print_table(("name", "rows"), [("a\nb\x1b[2J\x9b31m\u202e", 1), ("王  小", 2)])
    shown = "a b [2J 31m".ljust(12)
    assert capsys.readouterr().out == f"name{' ' * 8}  rows\n{shown}     1\n王  小{' ' * 8}     2\n"


def test_json_keeps_dates_readable(capsys) -> None:
    print_json(("day", "count"), [(date(2026, 3, 1), 2)])
    assert json.loads(capsys.readouterr().out) == [{"day": "2026-03-01", "count": 2}]


def test_json_of_values_that_json_lacks_is_valid(home, throughline) -> None:
    publish(home)
    sql = "select 'NaN'::double as a, {'x': [-'inf'::double]} as b, map {date '2026-03-01': 1} as c"
    code, out, _ = throughline("query", sql, "--json")
    assert code == 0 and "NaN" not in out and "Infinity" not in out
    assert json.loads(out) == [{"a": None, "b": {"x": [None]}, "c": {"2026-03-01": 1}}]


def test_table_keeps_text_that_would_steer_a_terminal_in_its_cell(capsys) -> None:
    print_table(("a", "b"), [("x\x1b[2J\ny", 1)])
    assert capsys.readouterr().out == "a        b\nx [2J y  1\n"


def test_json_is_json_and_keeps_every_column_whatever_the_query(capsys) -> None:
    row = (1, 2, float("nan"), [float("inf"), 0.5], {date(2026, 3, 1): float("-inf")}, 3)
    print_json(("a", "a", "b", "c", "d", "a_1"), [row])
    said = capsys.readouterr().out
    [found] = json.loads(said, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert found == {
        **{"a": 1, "a_1": 2, "b": None, "c": [None, 0.5]},
        **{"d": {"2026-03-01": None}, "a_1_1": 3},
    }


def test_table_without_rows_says_so(capsys) -> None:
    print_table(("a",), [])
    assert capsys.readouterr().out == "(no rows)\n"


def test_check_of_a_night_that_was_never_built_is_refused(home, throughline) -> None:
    code, _, err = throughline("check", "payment", "--as-of", "2026-03-01")
    assert code == 1
    assert "night of 2026-03-01 is not built; `throughline backfill --from 2026-03-01" in err
