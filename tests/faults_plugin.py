"""Options and scoreboard of the fault tests, for `make faults`; `tests/conftest.py` loads it."""

from collections.abc import Callable, Iterator

import pytest

import scoreboard

BOARD = pytest.StashKey[scoreboard.Board]()


class Counter:
    """Adds every finished test to the board, whichever process ran it."""

    def __init__(self, board: scoreboard.Board) -> None:
        self.board = board

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count the call of a test."""
        if report.when == "call":
            cases = getattr(report, "cases", [])
            self.board.add(report.user_properties, cases, not report.failed)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The long form, and what it prints."""
    group = parser.getgroup("faults")
    group.addoption("--faults", action="store_true", help="the long form, with the scoreboard")
    group.addoption("--faults-seed", type=int, default=7, help="seed of random faults")
    group.addoption("--faults-times", type=float, default=1.0, help="factor on random kills")
    group.addoption("--faults-json", action="store_true", help="the scoreboard as JSON")


def pytest_configure(config: pytest.Config) -> None:
    """Make the board, and the markers of tests that are cases."""
    config.stash[BOARD] = scoreboard.Board()
    config.pluginmanager.register(Counter(config.stash[BOARD]), "faults-counter")
    for name, about in scoreboard.CASES.items():
        config.addinivalue_line("markers", f"{name}: {about}; a failed test has let one through")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Let a report bear the case markers of its test."""
    outcome = yield
    cases = [name for name in scoreboard.CASES if item.get_closest_marker(name)]
    outcome.get_result().cases = cases


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    """Print the scoreboard."""
    if config.getoption("faults") or config.getoption("faults_json"):
        figures = config.stash[BOARD].figures()
        terminalreporter.section("scoreboard")
        lines = scoreboard.table(figures)
        if config.getoption("faults_json"):
            lines = scoreboard.as_json(figures).splitlines()
        for line in lines:
            terminalreporter.write_line(line)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In the long form a kill point that nobody tried is a failure."""
    config = session.config
    whole = config.getoption("faults") and not config.getoption("keyword", "")
    if whole and not hasattr(config, "workerinput") and session.exitstatus == 0:
        if config.stash[BOARD].figures()["kill_points_missing"]:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def facts(request: pytest.FixtureRequest) -> scoreboard.Facts:
    """Recorder of what a test did."""
    return scoreboard.Facts(request.node.user_properties)


@pytest.fixture(scope="session")
def often(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """How often to do something at random: the first number here, the second in the long form."""
    is_long = request.config.getoption("faults")
    times = request.config.getoption("faults_times")
    return lambda short, long: max(1, round(long * times)) if is_long else short


@pytest.fixture(scope="session")
def seed(request: pytest.FixtureRequest) -> int:
    """Seed of random faults; named in what a failed test prints."""
    return request.config.getoption("faults_seed")
