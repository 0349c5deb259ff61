"""Duplicates of leads (L01) in any knot of shared phones and mailboxes, however many share one."""

import time
from random import Random

import pytest
from core_oracle import kept_leads
from core_world import AS_OF, lead

from compiled_case import Compiled
from warehouse_case import Row, fetch


@pytest.fixture(scope="module")
def duplicates(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """The duplicates, and all that they read."""
    folder = tmp_path_factory.mktemp("duplicates") / "case"
    folder.mkdir()
    return Compiled.on_no_rows(folder, AS_OF, "int_leads__deduplicated")


def kept(duplicates: Compiled, leads: list[Row]) -> dict[str, str]:
    """Lead → the lead it is kept as."""
    duplicates.build({"lead": leads}, AS_OF)
    found = fetch(duplicates.con, "select * from intermediate.int_leads__deduplicated")
    return {row["lead_id"]: row["kept_lead_id"] for row in found}


@pytest.mark.parametrize("seed", range(15))
def test_leads_are_kept_as_a_walk_through_them_says(duplicates: Compiled, seed: int) -> None:
    draw = Random(seed)
    contacts = draw.randint(2, 20)
    leads = [
        lead(f"l{n:03}", -draw.randrange(400), draw.choice([0, 0, 1]),
             phone_hash=draw.choice([None, f"p{draw.randrange(contacts)}"]),
             email_hash=draw.choice([None, f"e{draw.randrange(contacts)}"]))
        for n in range(150)
    ]  # fmt: skip
    assert kept(duplicates, leads) == kept_leads(leads, {None: None})


def test_a_placeholder_that_many_leads_have_for_a_phone_does_not_hold_the_night(
    duplicates: Compiled,
) -> None:
    duplicates.build({"lead": [lead("l0", -60, phone_hash="13800138000")]}, AS_OF)
    duplicates.con.execute(
        """
        insert into input."lead"
        select lead.* replace ('l' || n as lead_id, created_at + to_minutes(7 * n) as created_at)
        from input."lead", range(1, 12001) as more (n)
        """
    )
    started = time.monotonic()
    duplicates.rebuild()
    # 12,000 * 7 minutes are 58 days; 72 million pairs of leads would be compared for a minute
    assert time.monotonic() - started < 10
    assert duplicates.con.execute(
        "select kept_lead_id, count(*) from intermediate.int_leads__deduplicated group by all"
    ).fetchall() == [("l0", 12001)]
