"""Suites are read strictly: what is wrong is named by file and key."""

from pathlib import Path

import pytest

from throughline.checks.suites import load_layer, load_suite, read_suite
from throughline.errors import ConfigError

ROW_COUNT = """
  - type: expect_table_row_count_to_be_between
    kwargs: {min_value: 1}
    severity: critical
    meta: {why: calls are made every day}
"""
NOT_NULL = """
  - type: expect_column_values_to_not_be_null
    kwargs: {column: intent}
    severity: warning
    meta: {why: agents grade every call}
"""
BATCH_RULES = """
  - {type: expect_batch_rows_like_same_weekday, severity: warning, meta: {why: weeks are alike},
     kwargs: {enough: 4, most: 12, deviations: 5, within: 0.4, at_least: 50}}
  - {type: expect_batch_rejects_to_be_few, severity: warning, meta: {why: a rate is told},
     kwargs: {max_rows: 100, max_share: 0.001, ignored: 5}}
  - {type: expect_batch_dates_to_reach_window_end, kwargs: {max_days_behind: 2},
     severity: warning, meta: {why: days go on}}
"""
IN_SET = """
  - type: expect_column_values_to_be_in_set
    kwargs: {column: intent, value_set: [A, B]}
    severity: critical
    meta: {why: other grades have no list}
"""


def write(tmp_path: Path, expectations: str, head: str = "suite: input.cdr\nowner: o\n") -> Path:
    path = tmp_path / "input" / "cdr.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{head}expectations:{expectations}", encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ConfigError) as error:
        read_suite(path)
    assert "expectations/input/cdr.yml" in str(error.value)
    return str(error.value)


def test_suite_knows_its_place_and_its_expectations(tmp_path: Path) -> None:
    suite = read_suite(write(tmp_path, ROW_COUNT + NOT_NULL + IN_SET + BATCH_RULES))
    assert (suite.layer, suite.table, suite.relation, suite.owner) == (
        "input",
        "cdr",
        "input.cdr",
        "o",
    )
    assert [e.type for e in suite.pushed_down.expectations] == [
        "expect_table_row_count_to_be_between",
        "expect_column_values_to_not_be_null",
        "expect_column_values_to_be_in_set",
    ]
    assert suite.expectations[2].expected == "value_set ['A', 'B']"


def test_label_names_type_and_column_and_changes_with_the_arguments(tmp_path: Path) -> None:
    rest = NOT_NULL + BATCH_RULES
    one = read_suite(write(tmp_path, ROW_COUNT + IN_SET + rest)).expectations[1].label
    other = IN_SET.replace("[A, B]", "[A, B, C]")
    two = read_suite(write(tmp_path, ROW_COUNT + other + rest)).expectations[1].label
    assert one.startswith("expect_column_values_to_be_in_set[intent]#")
    assert one != two


@pytest.mark.parametrize("key", ["type", "kwargs", "severity", "meta"])
def test_expectation_without_one_of_its_four_keys_is_refused(tmp_path: Path, key: str) -> None:
    lines = [line for line in NOT_NULL.splitlines() if f"{key}:" not in line]
    text = "\n".join(lines).replace("    kwargs", "  - kwargs", 1) if key == "type" else None
    path = write(tmp_path, ROW_COUNT + (text or "\n".join(lines)) + "\n")
    assert f"expectations.1.{key}: Field required" in refusal(path)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("severity: warning", "severity: fatal", "expectations.1.severity"),
        ("why: agents grade every call", "why: ''", "expectations.1.meta.why"),
        ("severity: warning", "severity: warning\n    sevrity: x", "expectations.1.sevrity"),
        ("expect_column_values_to_not_be_null", "Not A Type", "expectations.1.type"),
    ],
)
def test_wrong_key_is_named(tmp_path: Path, old: str, new: str, key: str) -> None:
    assert key in refusal(write(tmp_path, ROW_COUNT + NOT_NULL.replace(old, new)))


@pytest.mark.parametrize(
    "row_count",
    [
        "",
        ROW_COUNT.replace("critical", "warning"),
        ROW_COUNT.replace("min_value: 1", "max_value: 9"),
    ],
)
def test_suite_without_a_critical_row_count_is_refused(tmp_path: Path, row_count: str) -> None:
    said = refusal(write(tmp_path, row_count + NOT_NULL))
    assert "needs a critical expect_table_row_count_to_be_between with min_value" in said


def test_check_of_values_without_a_null_rate_is_refused(tmp_path: Path) -> None:
    said = refusal(write(tmp_path, ROW_COUNT + IN_SET))
    assert "add expect_column_values_to_not_be_null for intent" in said


def test_compound_key_needs_every_part_not_null(tmp_path: Path) -> None:
    compound = """
  - type: expect_compound_columns_to_be_unique
    kwargs: {column_list: [intent, call_id]}
    severity: critical
    meta: {why: one row per call and grade}
"""
    said = refusal(write(tmp_path, ROW_COUNT + NOT_NULL + compound))
    assert "for call_id" in said
    lenient = NOT_NULL.replace("{column: intent}", "{column: intent, mostly: 0.9}")
    call_id = NOT_NULL.replace("intent", "call_id")
    assert "for intent" in refusal(write(tmp_path, ROW_COUNT + lenient + call_id + compound))


def test_same_expectation_twice_is_refused(tmp_path: Path) -> None:
    assert "stands there twice" in refusal(write(tmp_path, ROW_COUNT + NOT_NULL + NOT_NULL))


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("suite: input.calls\nowner: o\n", "key suite must be 'input.cdr', not 'input.calls'"),
        ("suite: input.cdr\n", "owner: Field required"),
        ("suite: input.cdr\nowner: ''\n", "owner: "),
        ("suite: [\n", "is not valid YAML"),
    ],
)
def test_wrong_head_is_named(tmp_path: Path, head: str, said: str) -> None:
    assert said in refusal(write(tmp_path, ROW_COUNT, head))


def test_missing_suite_says_which_file_to_write(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"expectations/input/nothing\.yml does not exist"):
        load_suite("input", "nothing", tmp_path)


def test_layer_without_suites_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expectations/core holds no suites"):
        load_layer("core", tmp_path)


def test_unknown_layer_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "inputs" / "cdr.yml"
    path.parent.mkdir()
    path.write_text(f"suite: inputs.cdr\nowner: o\nexpectations:{ROW_COUNT}")
    with pytest.raises(ConfigError, match="'inputs' is no layer"):
        read_suite(path)


@pytest.mark.parametrize(
    "type_",
    [
        "expect_batch_rows_like_same_weekday",
        "expect_batch_rejects_to_be_few",
        "expect_batch_dates_to_reach_window_end",
    ],
)
def test_input_suite_without_volume_rejects_or_freshness_is_refused(
    tmp_path: Path, type_: str
) -> None:
    lines = BATCH_RULES.split("  - ")
    kept = "  - ".join(line for line in lines if type_ not in line)
    assert f"needs {type_}" in refusal(write(tmp_path, ROW_COUNT + kept))
    assert read_suite(write(tmp_path, ROW_COUNT + BATCH_RULES)).own


def write_stage(tmp_path: Path, expectations: str) -> Path:
    path = tmp_path / "lead" / "leads.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"suite: lead.leads\nowner: o\nexpectations:{expectations}", encoding="utf-8")
    return path


LIKE_RELEASES = """
  - {type: expect_table_rows_like_releases, severity: warning, meta: {why: tables grow slowly},
     kwargs: {enough: 4, most: 12, deviations: 8, within: 0.3, at_least: 50}}
"""
REACHES_ITS_DATA = """
  - type: unexpected_rows_expectation
    kwargs: {unexpected_rows_query: "select 1 from {batch}, audit.table_freshness"}
    severity: warning
    meta: {why: tables end where their data end}
"""


def test_stage_suite_without_volume_or_freshness_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs expect_table_rows_like_releases"):
        read_suite(write_stage(tmp_path, ROW_COUNT + REACHES_ITS_DATA))
    with pytest.raises(ConfigError, match=r"needs a query .* audit\.table_freshness"):
        read_suite(write_stage(tmp_path, ROW_COUNT + LIKE_RELEASES))
    assert read_suite(write_stage(tmp_path, ROW_COUNT + LIKE_RELEASES + REACHES_ITS_DATA)).own


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("within: 0.4", "withing: 0.4", "kwargs.within: Field required"),
        ("max_share: 0.001", "max_share: 2", "kwargs.max_share"),
        ("max_days_behind: 2", "max_days_behind: -1", "kwargs.max_days_behind"),
        ("expect_batch_rejects_to_be_few", "expect_table_rows_like_releases", "suites of stages"),
    ],
)
def test_wrong_arguments_of_an_expectation_of_ours_are_named(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert said in refusal(write(tmp_path, ROW_COUNT + BATCH_RULES.replace(old, new)))
