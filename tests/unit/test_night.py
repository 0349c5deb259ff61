import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from night_case import DAY, make_home, outcomes
from throughline import night
from throughline.errors import BuildError
from throughline.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_home(tmp_path, ["pageview", "account"])


def _spooled(settings: Settings) -> list[dict]:
    files = [path for path in settings.home.rglob("*.json*") if "spool" in str(path)]
    return [json.loads(line) for path in files for line in path.read_text().splitlines() if line]


def test_only_domains_with_a_source_are_waited_for(settings):
    outcomes(settings, DAY)
    assert set(night.wait_for_outcomes(settings, DAY)) == {"marketing", "crm"}


def test_a_missing_outcome_at_the_cutoff_is_said_and_does_not_stop_the_night(settings):
    outcomes(settings, DAY, crm="none")
    found = night.wait_for_outcomes(settings, DAY, poll_seconds=0.01)
    assert found["crm"] is None
    assert found["marketing"].status == "ok"
    assert "crm did not deliver: no outcome for the night of" in json.dumps(_spooled(settings))


def test_a_night_that_lies_ahead_waits_for_its_outcomes(settings, monkeypatch):
    ahead = date.today() + timedelta(days=30)
    polls = []

    def poll(seconds: float) -> None:
        polls.append(seconds)
        if len(polls) == 2:
            outcomes(settings, ahead)

    monkeypatch.setattr(night.time, "sleep", poll)
    found = night.wait_for_outcomes(settings, ahead, poll_seconds=0.5)
    assert polls == [0.5, 0.5]
    assert all(found.values())


def test_a_step_without_the_step_before_it_says_what_to_do(settings):
    with pytest.raises(BuildError, match=f"night of {DAY} is not built"):
        night.audit(settings, DAY)
