"""The SQL that turns mapped rows into accepted columns and the reasons against each row."""

import re
from collections.abc import Container

from throughline.conform import casts
from throughline.conform.pii import PLACEHOLDERS
from throughline.contracts import Contract, FieldSpec, Rule
from throughline.entity_streams import DELETES
from throughline.errors import ConformError
from throughline.sql_text import literal

_HASHED = ("phone", "name", "ip", "email")
_TEXTS = ("text", "currency")


def judge_sql(contract: Contract, mapped: dict[str, str], zone: str, kind: str = "rows") -> str:
    """A SELECT over the table `mapped`: `_file`, `_row`, accepted columns, `reasons`, `warnings`.

    `mapped` holds the delivered columns and their DuckDB types. Both lists are empty for a row
    that is right; all reasons of a row are kept. A row that is deleted, and names no survivor,
    needs no field but its key, and breaks no rule. Those of `kind` deletes and swept are deleted,
    one and all; a delete feed also says when.

    Raises:
        ConformError: a column is unknown or of an impossible type, a required field not delivered.
    """
    _check_columns(contract, mapped, kind)
    values = [f'{_value(name, spec, mapped, zone)} as "{name}"' for name, spec in _all(contract)]
    givens = [
        f"""{casts.given(f'mapped."{name}"', mapped[name])} is not null as "given_{name}\""""
        for name, spec in _all(contract)
        if name in mapped and spec.type not in _TEXTS
    ]
    typed = f"select _file, _row, {', '.join(values + givens)} from mapped"
    if kind != "rows":
        typed = f"select * replace (true as is_deleted) from ({typed})"
    never = {*contract.key, *(["updated_at"] if kind == DELETES else [])}
    faulty = ((n, _fault(n, spec, n in never, n in mapped, contract)) for n, spec in _all(contract))
    faults = {name: fault for name, fault in faulty if fault}
    accepted = [
        f'{sql} as "{column}"'
        for name, spec in _all(contract)
        for column, sql in _accepted(name, spec, name in mapped).items()
    ]
    accepted += [f'{fault} as "fault_{name}"' for name, fault in faults.items()]
    checked = f"select _file, _row, {', '.join(accepted)} from ({typed}) as typed"
    checked += _replaced(contract, mapped, zone)
    columns = ", ".join(f'"{column}"' for column in contract.columns)
    broken: dict[str, list[str]] = {"reject": [], "warn": []}
    for rule in contract.rules:
        broken[rule.otherwise].append(_broken(contract, rule, faults))
    reasons = _listed([f'"fault_{name}"' for name in faults] + broken["reject"])
    return (
        f"select _file, _row, {columns}, {reasons} as reasons,"
        f" {_listed(broken['warn'])} as warnings from ({checked})"
    )


def bare_sql(contract: Contract) -> str:
    """Condition of an accepted row that is deleted and lacks a field which others must have."""
    names = {name for name, spec in _all(contract) if spec.required} - set(contract.key)
    lacking = " or ".join(f'"{column}" is null' for column in contract.columns_of(names))
    return f"{_is_gone(contract)} and ({lacking or 'false'})"


def key_columns(contract: Contract) -> list[str]:
    """Accepted columns of the contract's key."""
    return [
        column for name in contract.key for column in _accepted(name, contract.fields[name], True)
    ]


def _all(contract: Contract) -> list[tuple[str, FieldSpec]]:
    return list(contract.fields.items())


def _is_gone(contract: Contract) -> str:
    """Condition of a row that is deleted and names no survivor (G13)."""
    if "is_deleted" not in contract.fields:
        return "false"
    alone = ' and "merged_into_id" is null' if "merged_into_id" in contract.fields else ""
    return f"(coalesce(is_deleted, false){alone})"


def _check_columns(contract: Contract, mapped: dict[str, str], kind: str) -> None:
    needed = [name for name, spec in contract.fields.items() if spec.required]
    known: tuple[str, ...] = tuple(contract.fields)
    if kind != "rows":
        needed, known = [*contract.key, "updated_at"], (*contract.key, "updated_at")
    unknown = [name for name in mapped if name not in ("_file", "_row", *known)]
    if unknown and kind != "rows":
        raise ConformError(
            f"columns {', '.join(unknown)} are no key of {contract.entity}; a delete feed brings"
            " the key and, as updated_at, the time of deletion"
        )
    if unknown:
        raise ConformError(f"columns {', '.join(unknown)} are not in contract {contract.entity}")
    lost = [name for name in ("_file", "_row", *needed) if name not in mapped]
    if lost:
        raise ConformError(f"the mapping does not deliver {', '.join(lost)}")


def _value(name: str, spec: FieldSpec, mapped: dict[str, str], zone: str) -> str:
    if name not in mapped:
        return f"cast(null as {spec.sql_type})"
    try:
        return casts.cast(f'mapped."{name}"', mapped[name], spec.type, zone)
    except ConformError as error:
        raise ConformError(f"column {name}: {error}") from error


def _fault(
    name: str, spec: FieldSpec, always: bool, is_mapped: bool, contract: Contract
) -> str | None:
    """The first thing wrong with a field: `type:`, `missing:`, `value:` or `range:` its name.

    What is required may be missing from a row that is gone, unless it is `always` needed. None
    where nothing can be wrong: any text is a text, and what is not delivered has no value.
    """
    column = f'"{name}"'
    cases = []
    if is_mapped and spec.type not in _TEXTS:
        cases.append(f"when \"given_{name}\" and {column} is null then 'type:{name}'")
    if spec.required or always:
        waived = "" if always else f" and not {_is_gone(contract)}"
        cases.append(f"when {column} is null{waived} then 'missing:{name}'")
    if is_mapped and spec.values is not None:
        cases.append(f"when {column} not in ({_texts(spec.values)}) then 'value:{name}'")
    if is_mapped and spec.type == "currency":
        cases.append(f"when not regexp_full_match({column}, '[A-Z]{{3}}') then 'value:{name}'")
    limits = [
        f"{column} {sign} {limit!r}"
        for sign, limit in (("<", spec.min), (">", spec.largest), ("<=", spec.above))
        if limit is not None
    ]
    if is_mapped and limits:
        cases.append(f"when {' or '.join(limits)} then 'range:{name}'")
    return f"case {' '.join(cases)} end" if cases else None


def _accepted(name: str, spec: FieldSpec, is_mapped: bool) -> dict[str, str]:
    column = f'"{name}"'
    hashed = f'"hashed_{name}".hash' if is_mapped else "cast(null as varchar)"
    match spec.pii:
        case "phone" | "name" | "ip":
            return {f"{name}_hash": hashed}
        case "email":
            return {
                f"{name}_hash": hashed,
                f"{name}_domain": f"split_part(email_of({column}), '@', 2)",
            }
        case "free_text":
            said = f"coalesce(lower(trim(nfkc({column}))) not in ({_texts(PLACEHOLDERS)}), false)"
            return {f"{name}_filled": said if is_mapped else "cast(null as boolean)"}
        case "identifier":
            return {name: f"identifier_of({column})"}
        case _:
            return {name: column}


def _replaced(contract: Contract, mapped: dict[str, str], zone: str) -> str:
    """Joins that bring the replacement of each delivered phone, e-mail, name and address.

    Replacing costs more than everything else about a cell, and values repeat: each is replaced
    once.
    """
    joins = []
    for name, spec in _all(contract):
        if spec.pii in _HASHED and name in mapped:
            values = f"select distinct {_value(name, spec, mapped, zone)} as given from mapped"
            joins.append(
                f" left join (select given, pii_hash({spec.pii}_of(given)) as hash"
                f' from ({values})) as "hashed_{name}" on "hashed_{name}".given = typed."{name}"'
            )
    return "".join(joins)


def _broken(contract: Contract, rule: Rule, faults: Container[str]) -> str:
    """The rule's reason where its condition is false and every field it speaks of is sound."""
    words = set(re.findall(r"\w+", rule.holds))
    spoken = [name for name, spec in _all(contract) if words & set(_accepted(name, spec, True))]
    faulty = [f'"fault_{name}" is null' for name in spoken if name in faults]
    sound = " and ".join([f"not {_is_gone(contract)}", *faulty])
    return f"case when {sound} and not ({rule.holds}) then '{rule.reason}' end"


def _listed(cases: list[str]) -> str:
    """SQL of the list of the cases that hold; made only where one does."""
    if not cases:
        return "cast([] as varchar[])"
    return (
        f"case when coalesce({', '.join(cases)}) is null then cast([] as varchar[])"
        f" else list_filter([{', '.join(cases)}], lambda reason: reason is not null) end"
    )


def _texts(values: tuple[str, ...]) -> str:
    return ", ".join(map(literal, values))
