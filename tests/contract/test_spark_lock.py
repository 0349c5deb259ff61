"""The lock of the second engine: versions of everybody, hashes, no host; only make installs it."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements-spark.lock").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def pins(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)", text, re.MULTILINE))


def test_lock_of_spark_has_what_the_extra_asks_for_and_the_versions_of_everybody() -> None:
    spark = pins(LOCK)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in map(Requirement, project["optional-dependencies"]["spark"]):
        assert spark[requirement.name] in requirement.specifier, requirement.name
    everybody = pins((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    differing = {name for name in spark.keys() & everybody.keys() if spark[name] != everybody[name]}
    assert not differing, f"requirements-spark.lock has other versions of {sorted(differing)}"
    assert not {"pyspark", "dbt-spark"} & everybody.keys(), "`make run` must not need Spark"


def test_lock_of_spark_names_hashes_and_no_host() -> None:
    assert "://" not in LOCK and "--index" not in LOCK and "--find-links" not in LOCK
    unhashed = re.findall(r"^[A-Za-z0-9_.-]+==[^\\]*$", LOCK, re.MULTILINE)
    assert not unhashed, f"requirements-spark.lock: no hash for {unhashed}"


def test_spark_is_installed_by_hash_and_beside_the_environment_of_the_night() -> None:
    assert re.search(r"^\$\(SPARK\): requirements-spark.lock \$\(STAMP\)$", MAKEFILE, re.MULTILINE)
    installs = [line for line in MAKEFILE.splitlines() if "requirements-spark.lock" in line]
    assert any("--require-hashes" in line and "--python $(SPARK_VENV)" in line for line in installs)
    for target in ("run", "up", "lint", "faults"):
        assert re.search(rf"^{target}: \$\(STAMP\)$", MAKEFILE, re.MULTILINE), target
