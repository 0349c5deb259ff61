"""The fault suite knows every kill point, and counts what its tests did."""

from pathlib import Path

from scoreboard import Board, Facts, kill_points, table


def test_every_kill_point_of_the_package_is_named_by_a_fault_test() -> None:
    tests = "".join(path.read_text() for path in Path(__file__).parents[1].rglob("test_*.py"))
    parts = ("alerts.send.before", "alerts.send.after")  # named there by their last word
    missing = [name for name in kill_points() if f'"{name}"' not in tests and name not in parts]
    assert missing == []
    assert len(kill_points()) > 30


def test_board_counts_what_tests_recorded_and_nothing_else() -> None:
    properties: list = []
    facts = Facts(properties)
    facts.killed("land.after_copy")
    facts.killed("land.after_copy")
    facts.killed()
    facts.compared(True)
    facts.compared(False)
    facts.read(500, 2, 1)
    facts.told("sales-ops", ["sales-ops"])
    facts.told("sales-ops", ["finance"])  # missed, and one to somebody it does not concern
    facts.told("finance", ["finance", "finance"])
    board = Board()
    board.add(properties, ["fail_open"], ok=True)
    board.add([], ["fail_open"], ok=False)
    board.add([], ["corrupt_load"], ok=True)
    found = board.figures()
    assert (found["kills"], found["kills_at_random_times"]) == (3, 1)
    assert (found["kill_points_covered"], found["kill_points"]) == (1, len(kill_points()))
    assert (found["comparisons"], found["hash_differences"]) == (2, 1)
    assert (found["reads"], found["torn_reads"], found["reader_errors"]) == (500, 2, 1)
    assert (found["faults_with_an_owner"], found["missed_alerts"]) == (3, 1)
    assert found["duplicate_alerts"] == 2
    assert (found["fail_open_cases"], found["fail_open_let_through"]) == (2, 1)
    assert (found["corrupt_load_cases"], found["corrupt_load_let_through"]) == (1, 0)
    lines = table(found)
    assert any(line.split() == ["torn", "reads", "2", "of", "500", "0"] for line in lines)
    assert "land.in_transaction" in lines[-1], "points that nobody killed are named"
