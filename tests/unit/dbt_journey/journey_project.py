"""What the built journey says, by subject."""

from journey_rows import Row

from compiled_case import Compiled
from warehouse_case import fetch

TABLE = "journey.lifecycle_stage_history"
COLUMNS = ("stage", "entered_at", "exited_at", "source_event", "cycle", "is_skipping",
           "is_backward", "is_reentered", "is_reawakened", "is_churned")  # fmt: skip


def found(journey: Compiled) -> dict[tuple[str, str], list[Row]]:
    """Episodes by subject type and subject, in order."""
    episodes: dict[tuple[str, str], list[Row]] = {}
    for row in fetch(journey.con, f"select * from {TABLE} order by all"):
        key = (row["subject_type"], row["subject"])
        episodes.setdefault(key, []).append({name: row[name] for name in COLUMNS})
    return episodes


def persons(journey: Compiled) -> dict[str, str]:
    """Person ids by the number in the ids that they own."""
    rows = fetch(
        journey.con,
        "select distinct trim(id_value, 'abcdefghijklmnopqrstuvwxyz') as number, person_id"
        " from core.map_identity",
    )
    named = {row["number"]: row["person_id"] for row in rows}
    assert len(named) == len(rows), "the ids of a person are not one"
    return named
