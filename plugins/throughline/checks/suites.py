"""Expectation suites: `expectations/<layer>/<name>.yml`, read strictly.

A suite that could pass without looking is refused: each has a critical row-count expectation, and
beside every check on values stands one on how many of them are NULL (Great Expectations passes
empty tables and all-NULL columns). Every suite file of input and of a stage also says what volume
is usual and how fresh is fresh.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from throughline.checks.own import OWN, complaint
from throughline.checks.results import Severity
from throughline.checks.suite_rules import NOT_NULL, lacking_in_file, lacking_null_rate
from throughline.errors import ConfigError
from throughline.settings import PACKAGE

EXPECTATIONS = PACKAGE.parents[1] / "expectations"
STAGES = ("acquisition", "lead", "opportunity", "payment", "success", "journey", "audit")
LAYERS = ("input", "staging", "core", *STAGES)
ROW_COUNT = "expect_table_row_count_to_be_between"
ROWS_QUERY = "unexpected_rows_expectation"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Meta(_Strict):
    """Why the expectation exists: one sentence."""

    why: str = Field(min_length=8)


class Expectation(_Strict):
    """One expectation in Great Expectations' own words, its severity and its reason."""

    type: str = Field(pattern=r"^(expect_[a-z_]+|unexpected_rows_expectation)$")
    kwargs: dict[str, Any]
    severity: Severity
    meta: Meta

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns it names; none for a query and for the table as a whole."""
        single = (self.kwargs.get(name) for name in ("column", "column_A", "column_B"))
        return (*(c for c in single if c), *self.kwargs.get("column_list", ()))

    @property
    def label(self) -> str:
        """Type, columns and a short id of the arguments; stable from night to night."""
        digest = hashlib.sha256(json.dumps(self.kwargs, sort_keys=True, default=str).encode())
        named = f"[{','.join(self.columns)}]" if self.columns else ""
        return f"{self.type}{named}#{digest.hexdigest()[:6]}"

    @property
    def expected(self) -> str:
        """The arguments in words, without the column."""
        if self.type == ROWS_QUERY:
            return str(self.kwargs.get("description") or "no rows")
        rest = {
            k: v for k, v in self.kwargs.items() if not k.startswith("column") or k == "columns"
        }
        return ", ".join(f"{key} {value}" for key, value in rest.items()) or "always"

    def mentions(self, name: str) -> bool:
        """Tell whether a column or `schema.table` is used by it, also inside a query."""
        query = str(self.kwargs.get("unexpected_rows_query", ""))
        return name in self.columns or bool(re.search(rf"\b{re.escape(name)}\b", query))


class Suite(_Strict):
    """The expectations on one relation; `layer` and `table` come from the file's place."""

    suite: str
    owner: str = Field(min_length=1)
    expectations: tuple[Expectation, ...] = Field(min_length=1)
    layer: str
    table: str

    @property
    def relation(self) -> str:
        """`schema.table` in the database that is judged."""
        return f"{self.layer}.{self.table}"

    @property
    def own(self) -> tuple[Expectation, ...]:
        """Expectations of ours, which no engine is asked for."""
        return tuple(item for item in self.expectations if item.type in OWN)

    @property
    def pushed_down(self) -> "Suite":
        """The suite without those."""
        kept = tuple(item for item in self.expectations if item.type not in OWN)
        return self.model_copy(update={"expectations": kept})

    def null_share(self, column: str) -> float | None:
        """Smallest declared share of values in a column; None where none is declared."""
        for item in self.expectations:
            if item.type == NOT_NULL and item.kwargs.get("column") == column:
                return float(item.kwargs.get("mostly", 1))
        return None

    @model_validator(mode="after")
    def _cannot_pass_unseen(self) -> "Suite":
        counts = [e for e in self.expectations if e.type == ROW_COUNT and e.severity == "critical"]
        if not any(e.kwargs.get("min_value") is not None for e in counts):
            raise ValueError(f"needs a critical {ROW_COUNT} with min_value")
        labels = [e.label for e in self.expectations]
        for label in labels:
            if labels.count(label) > 1:
                raise ValueError(f"{label} stands there twice")
        for item in self.expectations:
            wrong = lacking_null_rate(self, item) or complaint(item.type, item.kwargs, self.layer)
            if wrong:
                raise ValueError(wrong)
        return self


def load_suite(layer: str, table: str, folder: Path = EXPECTATIONS) -> Suite:
    """Read the suite of one relation.

    Raises:
        ConfigError: there is none, or it is not valid; the message names file and key.
    """
    path = folder / layer / f"{table}.yml"
    if not path.is_file():
        raise ConfigError(f"expectations/{layer}/{table}.yml does not exist; write that suite")
    return read_suite(path)


def load_layer(layer: str, folder: Path = EXPECTATIONS) -> list[Suite]:
    """Read every suite of a layer, by table name.

    Raises:
        ConfigError: the layer has no suites, or one is not valid.
    """
    paths = sorted((folder / layer).glob("*.yml"))
    if not paths:
        raise ConfigError(f"expectations/{layer} holds no suites")
    return [read_suite(path) for path in paths]


def read_suite(path: Path) -> Suite:
    """Read one suite file.

    Raises:
        ConfigError: it is not valid; the message names file and key.
    """
    layer, table = path.parent.name, path.stem
    name = f"expectations/{layer}/{path.name}"
    try:
        given = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
        if not isinstance(given, dict):
            raise ConfigError(f"{name}: must hold suite, owner and expectations")
        suite = Suite.model_validate({**given, "layer": layer, "table": table})
    except yaml.YAMLError as error:
        raise ConfigError(f"{name} is not valid YAML: {error}") from error
    except ValidationError as error:
        raise ConfigError(_explain(name, error)) from error
    if layer not in LAYERS:
        raise ConfigError(f"{name}: {layer!r} is no layer; one of {', '.join(LAYERS)}")
    if suite.suite != suite.relation:
        raise ConfigError(f"{name}: key suite must be {suite.relation!r}, not {suite.suite!r}")
    lacking = lacking_in_file(suite, STAGES[:-1])
    if lacking:
        raise ConfigError(f"{name}: needs {lacking}")
    return suite


def _explain(name: str, error: ValidationError) -> str:
    def line(item: Any) -> str:
        key = ".".join(map(str, item["loc"])) or "suite"
        return f"  {key}: {item['msg'].removeprefix('Value error, ')}"

    return f"{name} is not valid:\n" + "\n".join(line(item) for item in error.errors())
