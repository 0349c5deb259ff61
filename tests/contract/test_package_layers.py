"""Layer rules of the Python code, read from its syntax: who may import what."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "plugins" / "throughline"
MODULES = sorted(PACKAGE.rglob("*.py"))
HEAVY = {"great_expectations", "dbt", "pandas", "scipy", "statsmodels", "pyspark"}
NIGHT = ("connect", "landing", "conform", "checks", "warehouse", "publish", "alerts")
"""The steps of the way of the data; the night, the extract and the commands tie them together."""
COMMANDS = {"cli", "local", "demo", "page"}
"""What starts, shows and generates; no step of the night may need it."""


def imports_of(path: Path) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """Every import of a file: module, imported names, whether it stands at the top level."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, (), id(node) in top
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, tuple(alias.name for alias in node.names), id(node) in top


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_package_was_found():
    assert len(MODULES) > 50


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_package_knows_no_airflow(path: Path):
    found = [module for module, _, _ in imports_of(path) if module.split(".")[0] == "airflow"]
    assert not found, f"{name_of(path)} imports {found}; only dags/ may import Airflow"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_heavy_is_imported_when_a_dag_file_is_parsed(path: Path):
    found = [module for module, _, top in imports_of(path) if top and module.split(".")[0] in HEAVY]
    inner = path.relative_to(PACKAGE).parts[0] in {"demo"} or path.stem in {"child", "preloaded"}
    assert not found or inner, f"{name_of(path)} imports {found} at its top; import it where used"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_reaches_into_the_internals_of_another(path: Path):
    found = [
        f"{module}.{name}"
        for module, names, _ in imports_of(path)
        if module.startswith("throughline")
        for name in names
        if name.startswith("_") and not name.startswith("__")
    ]
    assert not found, f"{name_of(path)} imports {found}; ask the module for a public name"


@pytest.mark.parametrize(
    "path", [p for p in MODULES if p.relative_to(PACKAGE).parts[0] in NIGHT], ids=name_of
)
def test_no_step_of_the_night_needs_the_commands_or_the_demo(path: Path):
    found = [
        module
        for module, _, _ in imports_of(path)
        if module.startswith("throughline.") and module.split(".")[1] in COMMANDS
    ]
    wrong = sorted(set(found))
    assert not wrong, f"{name_of(path)} imports {wrong}; a step must run without the commands"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_settings_and_kill_points_read_the_environment(path: Path):
    if path.name in {"settings.py", "fault.py"}:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"environ", "getenv", "environb"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    ]
    assert not found, f"{name_of(path)} reads the environment in line {found}; ask settings.py"


def test_the_plugin_needs_nothing_heavy_where_a_task_loads_it():
    found = list(imports_of(ROOT / "plugins" / "throughline_view.py"))
    modules = {module.split(".")[0] for module, _, _ in found}
    assert modules <= {"airflow", "fastapi", "throughline", "functools", "typing"}, modules
    at_top = {module for module, _, top in found if top}
    assert at_top == {"airflow.plugins_manager", "functools", "typing"}, at_top


@pytest.mark.parametrize("path", sorted((ROOT / "dags").glob("*.py")), ids=name_of)
def test_a_dag_file_imports_only_airflow_and_the_package(path: Path):
    found = {module.split(".")[0] for module, _, _ in imports_of(path)}
    wrong = found - {"airflow", "throughline", "datetime"}
    assert not wrong, f"{name_of(path)} imports {sorted(wrong)}"
