"""`throughline batch …` and `throughline rejected …` on batches that really landed."""

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

import ingest_case as case
from throughline import cli, landing, night
from throughline.alerts import spool
from throughline.errors import ThroughlineError
from throughline.extract import extract_source
from throughline.landing import Outcome, write_outcome
from throughline.settings import Settings

NIGHT = case.NIGHT
GOOD = [f"C{n},out,1380013{n:04d},2026-03-02T10:00:{n % 60:02d},no_answer" for n in range(200)]
ODD = [f"X{n},up,1390013{n:04d},2026-03-02T11:00:{n % 60:02d},no_answer" for n in range(9)]
MENDED = case.CALLS_SQL.replace(
    "direction,", "case direction when 'up' then 'in' else direction end as direction,"
)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A night of 200 good calls and 9 whose direction nobody knows."""
    settings = case.make_settings(tmp_path)
    monkeypatch.setenv("THROUGHLINE_CONFIG", str(settings.config_file))
    case.write_source(settings, reject_limit=0.2)
    case.drop(settings, f"calls_{NIGHT}_{NIGHT}.csv", case.call_lines(*GOOD, *ODD))
    extract_source(settings, "phones", NIGHT)
    return settings


def run(*words: str) -> str:
    """What a command prints; it must end well."""
    result = CliRunner(env={"COLUMNS": "300"}).invoke(cli.commands, list(words))
    assert result.exit_code == 0, result.output
    return result.output


def only_batch(settings: Settings) -> landing.InputBatch:
    (batch,) = landing.input_batches(settings)
    return batch


def say(settings: Settings, status: str, as_of: date) -> None:
    """Write how the domain's extract ended."""
    extracted = only_batch(settings).extracted_at
    write_outcome(settings, Outcome("calls", as_of, status, "", [], extracted))


def test_rejected_rows_are_listed_with_reasons_and_shown_one_by_one(settings: Settings) -> None:
    batch = only_batch(settings)
    listed = run("rejected", "list")
    assert batch.batch_id in listed
    assert "value:direction 9" in listed
    shown = run("rejected", "show", batch.batch_id, "--limit", "3")
    assert shown.count("value:direction") == 3
    assert batch.batch_id not in run("rejected", "list", "--entity", "lead")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("batch", "list", "--status", "hold"), "--status 'hold' is none of held, landed"),
        (("batch", "list", "--entity", "leads"), "--entity 'leads' is none of account, activity"),
        (("rejected", "list", "--entity", "leads"), "--entity 'leads' is none of account"),
    ],
)
def test_list_of_what_does_not_exist_is_an_error(
    settings: Settings, arguments: tuple[str, ...], said: str
) -> None:
    with pytest.raises(ThroughlineError, match=said):
        CliRunner().invoke(cli.commands, arguments, catch_exceptions=False)


def test_replay_after_a_mended_mapping_leaves_accepted_rows_as_they_were(
    settings: Settings,
) -> None:
    before = only_batch(settings)
    rows = case.rows(before.path, "call_id, caller_hash, start_at, outcome")
    case.write_source(settings, mappings={"cdr": MENDED}, reject_limit=0.2)
    assert "209" in run("rejected", "replay", "phones")
    (live,) = landing.live_batches(settings, NIGHT)
    assert live.batch_id != before.batch_id
    assert (live.rows, live.rejected, live.status) == (209, 0, "passed")
    now = case.rows(live.path, "call_id, caller_hash, start_at, outcome")
    assert [row for row in now if row[0].startswith("C")] == rows
    # what was replaced needs nobody's care any more, and is still there
    assert before.batch_id not in run("rejected", "list")
    assert before.batch_id in run("rejected", "list", "--all")


def test_batch_goes_through_its_verdicts_and_keeps_them(settings: Settings) -> None:
    batch_id = only_batch(settings).batch_id
    assert batch_id in run("batch", "list", "--status", "passed")
    for command, status in (("hold", "held"), ("release", "passed"), ("withdraw", "withdrawn")):
        said = run("batch", command, batch_id, "--reason", f"test of {command}", "--by", "somebody")
        assert f"-> {status}" in said
        live = [batch.batch_id for batch in landing.live_batches(settings, NIGHT)]
        assert live == ([batch_id] if status == "passed" else [])
        assert batch_id in run("batch", "list", "--status", status)
    shown = run("batch", "show", batch_id)
    assert "test of withdraw" in shown
    assert "somebody" in shown
    # a person's verdicts hide none of the checks that the gate made
    assert landing.gate_results(only_batch(settings))


def test_rate_of_rejected_rows_is_told_once_to_the_owner_of_the_checks(settings: Settings) -> None:
    # 9 of 209 rows: above 0.1 %, below the source's limit of 20 %, so the batch goes on
    assert only_batch(settings).status == "passed"
    say(settings, "held", NIGHT)
    night.wait_for_outcomes(settings, NIGHT, poll_seconds=0.01)
    told = [json.loads(path.read_text()) for path in spool.folder(settings).glob("*.json")]
    (incident,) = [one for one in told if one.get("kind") == "check"]
    assert (incident["owner"], incident["severity"]) == ("call-center", "warning")
    assert "9 of 209 rows rejected (4.31%)" in json.dumps(incident)
    assert only_batch(settings).batch_id in json.dumps(incident)


def test_batch_that_is_held_is_not_told_twice(settings: Settings) -> None:
    landing.set_verdict(settings, only_batch(settings).batch_id, "held", "test", "looked odd")
    write_outcome(
        settings, Outcome("calls", NIGHT, "held", "held", [], only_batch(settings).extracted_at)
    )
    night.wait_for_outcomes(settings, NIGHT, poll_seconds=0.01)
    told = [json.loads(path.read_text()) for path in spool.folder(settings).glob("*.json")]
    assert {one.get("kind") for one in told} == {"outcome"}


def test_another_night_is_not_told_of_this_one(settings: Settings) -> None:
    later = date(2026, 3, 3)
    write_outcome(
        settings, Outcome("calls", later, "ok", "", [], only_batch(settings).extracted_at)
    )
    night.wait_for_outcomes(settings, later, poll_seconds=0.01)
    told = [json.loads(path.read_text()) for path in spool.folder(settings).glob("*.json")]
    assert not [one for one in told if one.get("kind") == "check"]
