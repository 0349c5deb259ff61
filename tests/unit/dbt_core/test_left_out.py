"""What is left out of the tables of core is counted once, with its reason (G8)."""

from datetime import timedelta

import pytest
from core_world import AS_OF, at

from compiled_case import Compiled
from warehouse_case import Row


@pytest.fixture(scope="module")
def left_out(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """The rows marked as a test, and all that they read."""
    folder = tmp_path_factory.mktemp("left_out") / "case"
    folder.mkdir()
    return Compiled.on_no_rows(folder, AS_OF, "stg_test_row")


def reread(row: Row, nights: int = 3, **changed: object) -> list[Row]:
    """A row as landed on several nights, and as changed on the night after them."""
    landed = [{**row, "_loaded_at": at(night)} for night in range(nights)]
    return [*landed, {**row, **changed, "_loaded_at": at(nights)}] if changed else landed


def test_a_test_row_is_counted_once_however_often_it_is_read(left_out: Compiled) -> None:
    tomorrow = at(0) + timedelta(days=400)
    report = {"store": "a", "channel_pkg": "p", "date": AS_OF, "is_test": True}
    left_out.build(
        {
            "account": [
                *reread({"account_id": "always", "is_test": True}),
                *reread({"account_id": "no more", "is_test": True}, is_test=False),
                *reread({"account_id": "only now"}, is_test=True),
                *reread({"account_id": "deleted", "is_test": True}, is_test=None, is_deleted=True),
                {"account_id": "not yet", "is_test": True, "updated_at": tomorrow},
                {"account_id": "never"},
            ],
            "app_download_daily": [
                *reread(report),
                *reread({**report, "store": "b"}, is_test=False),
            ],
            "pageview": [
                *reread({"event_id": "e1", "event_time": at(0), "is_test": True}),
                {"event_id": "e2", "event_time": at(0)},
            ],
        },
        AS_OF,
    )
    counted = left_out.con.execute(
        "select entity, rows from staging.stg_test_row where rows > 0 order by all"
    ).fetchall()
    assert counted == [("account", 2), ("app_download_daily", 1), ("pageview", 1)]
