"""lead.leads: the rule of a valid lead replayed, and each edge of it typed by hand."""

from datetime import timedelta

import pytest
from lead_oracle import Oracle
from lead_world import at

BORN = at("2026-03-02 09:00:00")
CALL = at("2026-03-03 10:00:00")


def test_one_row_per_lead_that_is_left_and_none_of_the_day_after(leads, oracle):
    assert set(leads) == set(oracle.leads)
    assert "again" not in leads
    assert "future" not in leads
    assert "late" in leads


def test_every_lead_equals_the_replay_of_its_own_events(leads, oracle: Oracle):
    for lead_id, truth in oracle.leads.items():
        row = leads[lead_id]
        found = {
            "is_valid": row["is_valid"],
            "valid_at": row["valid_at"],
            "elements": {n for n in range(1, 8) if row[f"e{n}_filled"]},
            "intent": row["intent_grade"],
            "opp_at": row["opp_at"],
        }
        assert found == {name: truth[name] for name in found}, lead_id
        assert row["elements_filled"] == len(truth["elements"])
        assert row["completeness"] == pytest.approx(len(truth["elements"]) / 7)
        assert (row["company_id"] is None) == (truth["company"] is None), lead_id
        response = truth["response"]
        assert row["first_response_minutes"] == (
            None if response is None else pytest.approx(response)
        )
    assert sum(lead["is_valid"] for lead in oracle.leads.values()) > 30


@pytest.mark.parametrize(
    ("lead_id", "is_valid", "valid_at"),
    [
        ("plain", True, CALL),
        ("short", False, None),
        ("unreached", False, None),
        ("three", True, at("2026-03-05 10:00")),
        ("needless", False, None),
        ("record", True, CALL),
        ("placeholder", False, None),
        ("nobody", False, None),
        ("invalid", False, CALL),
        ("revived", True, at("2026-03-09 08:00")),
        ("rival", False, CALL),
        ("student", False, None),
        ("unhistoried", False, None),
        ("signup", True, at("2026-03-06 11:00")),
        ("freemail", False, None),
        ("twice", True, at("2026-03-21 09:00")),
    ],
)
def test_valid_lead_rule_by_hand(leads, lead_id, is_valid, valid_at):
    assert (leads[lead_id]["is_valid"], leads[lead_id]["valid_at"]) == (is_valid, valid_at)


def test_response_counts_outbound_attempts_from_creation_on(leads):
    assert leads["fast"]["first_response_minutes"] == 30
    assert leads["slow"]["first_response_minutes"] == pytest.approx(1801 / 60)
    assert leads["inbound"]["first_response_minutes"] is None
    assert leads["warned"]["first_response_minutes"] == 120


def test_opportunity_before_the_lead_is_not_its_outcome(leads):
    assert leads["early"]["opp_at"] == at("2026-04-01 09:00")


def test_paid_at_is_the_start_of_the_first_contract_of_a_company_that_was_no_customer(leads):
    assert leads["paid180"]["paid_at"] == at("2026-08-29 00:00")
    assert leads["customer"]["paid_at"] is None


@pytest.mark.parametrize(
    ("lead_id", "urgency"),
    [
        ("grade_a", "high"),
        ("grade_b", "medium"),
        ("grade_c", "low"),
        ("soon", "high"),
        ("late90", "medium"),
        ("later", "low"),
        ("prices", "high"),  # two pricing views in the seven days to 20 November
        ("price", "medium"),  # one of them a second too old
        ("reader", "low"),
        ("silent", "unknown"),
    ],
)
def test_need_urgency_by_hand(leads, lead_id, urgency):
    assert leads[lead_id]["need_urgency"] == urgency


@pytest.mark.parametrize(
    ("lead_id", "state"),
    [
        ("hot", "hot"),  # 3 days ago, on 3 of 14 days
        ("prices", "warm"),  # today, but on 2 days only
        ("warm", "warm"),  # 7 days ago
        ("cool", "cool"),  # 13 days ago
        ("dormant", "dormant"),  # 14 days ago
        ("silent", "never"),
    ],
)
def test_activity_state_by_hand(leads, lead_id, state):
    assert leads[lead_id]["activity_state"] == state


def test_deep_engagement_needs_visits_uses_and_contents_of_thirty_days(leads):
    assert leads["deep"]["is_deep_engaged_30d"]
    assert leads["deep"]["is_high_value"] is True
    assert not leads["hot"]["is_deep_engaged_30d"]
    assert leads["hot"]["is_high_value"] is None


def test_latest_grade_wins_within_a_lead(leads):
    assert leads["grade_a"]["intent_grade"] == "A"


def test_columns_of_models_and_entities_still_to_come_are_null(leads):
    for column in ("quality_score", "score_version", "search_intents"):
        assert {row[column] for row in leads.values()} == {None}


def test_valid_at_is_never_before_creation(leads):
    assert all(row["valid_at"] >= row["created_at"] for row in leads.values() if row["valid_at"])
    assert leads["day14"]["valid_at"] == BORN + timedelta(days=14)
