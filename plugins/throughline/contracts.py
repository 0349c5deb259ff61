"""Input contracts: what a row of each entity must look like, read from `entities/*.yml`."""

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from throughline.errors import ConfigError
from throughline.yaml_text import read_yaml

ENTITIES = Path(__file__).parent / "entities"

Kind = Literal["event", "report", "state", "reference"]
Type = Literal[
    "text",
    "integer",
    "decimal",
    "price",
    "rate",
    "double",
    "boolean",
    "date",
    "timestamp",
    "currency",
]
Pii = Literal["phone", "email", "name", "ip", "identifier", "free_text"]

SQL_TYPES: dict[str, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "decimal": "DECIMAL(18,4)",
    "price": "DECIMAL(26,10)",
    "rate": "DECIMAL(18,10)",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "currency": "VARCHAR",
}

COUNT_MAX = 1e12
"""Largest whole number of a row: a million of them still add up within a BIGINT."""

ENVELOPE: dict[str, str] = {
    "_source": "VARCHAR",
    "_batch_id": "VARCHAR",
    "_loaded_at": "TIMESTAMP WITH TIME ZONE",
    "_row_hash": "VARCHAR",
}
"""Columns that conform adds to every accepted row; `_row_hash` is the last tie-break (G4)."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldSpec(_Strict):
    """One field of a contract, as a mapping delivers it."""

    type: Type
    about: str
    required: bool = False
    pii: Pii | None = None
    values: tuple[str, ...] | None = None
    min: float | None = None
    max: float | None = None
    above: float | None = None

    @property
    def largest(self) -> float | None:
        """Largest value; whole numbers have one that the field need not name."""
        return COUNT_MAX if self.max is None and self.type == "integer" else self.max

    @property
    def sql_type(self) -> str:
        """DuckDB type that the mapped text is cast to."""
        return SQL_TYPES[self.type]


class Rule(_Strict):
    """A condition over the columns of one accepted row, in DuckDB SQL."""

    reason: str
    holds: str
    otherwise: Literal["reject", "warn"]
    why: str


class Contract(_Strict):
    """The contract of one entity."""

    entity: str
    area: str
    kind: Kind
    description: str
    key: tuple[str, ...]
    fields: dict[str, FieldSpec]
    event_at: str | None = None
    received_at: str | None = None
    rules: tuple[Rule, ...] = Field(default=())

    @model_validator(mode="after")
    def _names_resolve(self) -> "Contract":
        for name in (*self.key, self.event_at, self.received_at):
            if name is not None and name not in self.fields:
                raise ValueError(f"{name!r} is not one of the fields")
        if (self.kind == "event") != (self.event_at is not None):
            raise ValueError("kind event needs event_at, the other kinds must not have it")
        return self

    @property
    def columns(self) -> dict[str, str]:
        """Name → DuckDB type of the accepted row, personal data replaced, without envelope.

        phone → `<name>_hash`; email → `<name>_hash` and `<name>_domain`; name, ip → `<name>_hash`;
        free_text → `<name>_filled` (boolean); identifier keeps its name, and its value is replaced
        by a hash where it has the shape of a phone number or an e-mail address; so is what stands
        behind a key, as in `mobile+13800138000`, of which the key stays.
        """
        out: dict[str, str] = {}
        for name, spec in self.fields.items():
            out.update(_accepted(name, spec))
        return out

    def columns_of(self, names: set[str]) -> list[str]:
        """Accepted columns of some fields, in the order of the contract."""
        return [
            column
            for name, spec in self.fields.items()
            if name in names
            for column in _accepted(name, spec)
        ]

    @property
    def date_column(self) -> str | None:
        """Natural business date of a report row; None for the other kinds."""
        return "date" if self.kind == "report" else None


def _accepted(name: str, spec: FieldSpec) -> dict[str, str]:
    match spec.pii:
        case "phone" | "name" | "ip":
            return {f"{name}_hash": "VARCHAR"}
        case "email":
            return {f"{name}_hash": "VARCHAR", f"{name}_domain": "VARCHAR"}
        case "free_text":
            return {f"{name}_filled": "BOOLEAN"}
        case _:
            return {name: spec.sql_type}


@cache
def load_contracts() -> dict[str, Contract]:
    """Read every contract, by entity name.

    Raises:
        ConfigError: a file is not a valid contract, or its name and entity differ.
    """
    return {contract.entity: contract for contract in map(_read, sorted(ENTITIES.glob("*.yml")))}


def contract_of(entity: str) -> Contract:
    """The contract of an entity.

    Raises:
        ConfigError: there is none; names those that there are.
    """
    contracts = load_contracts()
    if entity not in contracts:
        raise ConfigError(f"there is no entity {entity!r}; there are {', '.join(contracts)}")
    return contracts[entity]


def _read(path: Path) -> Contract:
    try:
        contract = Contract.model_validate(read_yaml(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"contract {path.name}: {error}") from error
    if contract.entity != path.stem:
        raise ConfigError(f"contract {path.name}: entity is {contract.entity!r}, not {path.stem!r}")
    return contract
