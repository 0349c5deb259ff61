"""What is installed: by hash, from no named host, and the second engine beside everything else."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
LOCKS = sorted(path.name for path in ROOT.glob("requirements*.lock"))
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


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_hashes_and_no_host(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert pins(text) and "://" not in text
    assert "--index" not in text and "--find-links" not in text
    unhashed = re.findall(r"^[A-Za-z0-9_.-]+==[^\\]*$", text, re.MULTILINE)
    assert not unhashed, f"{name}: no hash for {unhashed}"


def test_the_environment_is_installed_by_hash_and_by_the_pip_of_its_own_lock() -> None:
    assert re.search(
        r"^\$\(STAMP\): requirements.lock requirements-pip.lock pyproject.toml$", MAKEFILE, re.M
    )
    installed = re.findall(r"pip install .*--require-hashes .*-r (\S+)$", MAKEFILE, re.MULTILINE)
    assert installed.index("requirements-pip.lock") < installed.index("requirements.lock")
    others = [line for line in MAKEFILE.splitlines() if " -r " in line]
    assert all("--require-hashes" in line and "--no-deps" in line for line in others)


def test_spark_is_installed_by_hash_and_beside_the_environment_of_the_night() -> None:
    assert re.search(r"^\$\(SPARK\): requirements-spark.lock \$\(STAMP\)$", MAKEFILE, re.MULTILINE)
    installs = [line for line in MAKEFILE.splitlines() if "requirements-spark.lock" in line]
    assert any("--require-hashes" in line and "--python $(SPARK_VENV)" in line for line in installs)
    for target in ("run", "up", "lint", "faults"):
        assert re.search(rf"^{target}: \$\(STAMP\)$", MAKEFILE, re.MULTILINE), target
