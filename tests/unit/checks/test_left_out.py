"""What a release leaves out follows from `requires`."""

from pathlib import Path

from throughline.checks.left_out import names_left_out, required_but_missing

LEADS = """
models:
  - name: leads
    config: {meta: {requires: [lead]}}
    columns:
      - name: lead_id
      - name: first_call_at
        config: {meta: {requires: [cdr]}}
  - name: call_daily
    config: {meta: {requires: [cdr, call_disposition]}}
"""


def test_tables_and_columns_that_need_a_missing_entity_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "lead").mkdir()
    (tmp_path / "lead" / "leads.yml").write_text(LEADS)
    assert required_but_missing("lead", {"cdr"}, tmp_path) == {
        ("lead.leads", "first_call_at"): {"cdr"},
        "lead.call_daily": {"cdr"},
    }
    assert required_but_missing("lead", set(), tmp_path) == {}


def test_staging_needs_its_own_entity() -> None:
    assert required_but_missing("staging", {"cdr", "no_contract"}) == {"staging.stg_cdr": {"cdr"}}


def test_columns_of_another_table_are_not_left_out_here() -> None:
    missing = {("lead.leads", "score"): {"cdr"}, "lead.call_daily": {"cdr"}}
    assert names_left_out(missing, "lead.leads") == {"score", "lead.call_daily"}
    assert names_left_out(missing, "lead.cohorts") == {"lead.call_daily"}
    assert "*" in names_left_out(missing, "lead.call_daily")


def test_one_of_several_entities_is_enough_where_either_can_be_counted(tmp_path: Path) -> None:
    (tmp_path / "lead").mkdir()
    either = LEADS.replace("requires: [cdr, call_disposition]", "requires: [cdr or activity, lead]")
    (tmp_path / "lead" / "leads.yml").write_text(either)
    assert "lead.call_daily" not in required_but_missing("lead", {"cdr"}, tmp_path)
    gone = required_but_missing("lead", {"cdr", "activity"}, tmp_path)
    assert gone["lead.call_daily"] == {"cdr", "activity"}
