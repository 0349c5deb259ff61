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
    leads = [lead(f"l{n:04}", -n / 20, phone_hash="13800138000") for n in range(1500)]
    started = time.monotonic()
    assert set(kept(duplicates, leads).values()) == {"l1499"}  # 75 days, from the last one on
    assert time.monotonic() - started < 30  # minutes, where each lead waits for all before it
