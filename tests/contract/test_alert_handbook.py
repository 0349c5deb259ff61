"""`docs/alerts.md` knows every kind of incident, and the tests that it names are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
HANDBOOK = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
KIND = re.compile(r'kind="([a-z]+)"')


def test_every_kind_of_incident_is_explained_and_no_other() -> None:
    files = (ROOT / "plugins" / "throughline").glob("*.py")
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    code += (ROOT / "plugins/throughline/alerts/checks.py").read_text(encoding="utf-8")
    raised = {*KIND.findall(code), *re.findall(r'kind="(\w+)" if \w+ else "(\w+)"', code)[0]}
    explained = set(re.findall(r"^\| `([a-z]+)` · ", HANDBOOK, re.MULTILINE))
    assert raised == explained


def test_every_test_that_the_handbook_names_is_there() -> None:
    named = set(re.findall(r"`(?:tests/\w+/)?(test_\w+\.py)`", HANDBOOK))
    there = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    assert len(named) > 5
    assert named <= there
