"""From what a mapping delivers to the type of a contract field: strict, nothing guessed."""

from throughline.contracts import SQL_TYPES
from throughline.errors import ConformError

_TEXTS = ("VARCHAR", "JSON", "UUID", "BLOB")
_WHOLE = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
)
_FLOATS = ("FLOAT", "DOUBLE")
_ISO = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = "[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?"
_ZONE = " ?(Z|z|[+-][0-9]{2}(:?[0-9]{2})?)"
_DECIMAL = "[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)"
_PATTERNS = {
    "integer": "[+-]?[0-9]{1,19}([.]0+)?",
    "decimal": _DECIMAL,
    **dict.fromkeys(("price", "rate", "double"), f"{_DECIMAL}([eE][+-]?[0-9]{{1,3}})?"),
    "date": _ISO,
}
_NUMBERS = ("integer", "decimal", "price", "rate", "double")
_SQL = {name: SQL_TYPES[name] for name in (*_NUMBERS, "date")}


def given(column: str, kind: str) -> str:
    """SQL of a mapped column with empty text as NULL; `kind` is its DuckDB type."""
    if kind == "JSON":
        return f"nullif({column}->>'$', '')"
    return f"nullif({column}, '')" if kind == "VARCHAR" else column


def cast(column: str, kind: str, wanted: str, zone: str) -> str:
    """SQL of the value in the type `wanted` of a contract; NULL where it is not of that type.

    A timestamp without zone is read in `zone`; a local time that a clock change skips or repeats
    is NULL, because it names no or two instants.

    Raises:
        ConformError: no value of the column's type can be of the wanted type.
    """
    value = given(column, kind)
    base = "DECIMAL" if kind.startswith("DECIMAL") else kind
    if wanted in ("text", "currency"):
        return value if kind == "VARCHAR" else f"cast({value} as varchar)"
    if base in ("VARCHAR", "JSON", "UUID"):
        return _from_text(f"trim({value})", wanted, zone)
    if kind == '"NULL"' or kind == "NULL":
        return f"cast(null as {_SQL.get(wanted, 'VARCHAR')})"
    made = _from_native(value, base, wanted, zone)
    if made is None:
        raise ConformError(f"a {kind} cannot become a {wanted}; convert it in the mapping")
    return made


def _from_text(text: str, wanted: str, zone: str) -> str:
    if wanted == "boolean":
        return (
            f"case when lower({text}) in ('true', 't', 'yes', 'y', '1') then true"
            f" when lower({text}) in ('false', 'f', 'no', 'n', '0') then false end"
        )
    if wanted == "timestamp":
        zoned = f"try_cast({text} as timestamptz), try_cast({_plain(text)} as timestamptz)"
        return (
            f"case when regexp_full_match({text}, '{_ISO}{_CLOCK}{_ZONE}') then coalesce({zoned})"
            f" when regexp_full_match({text}, '{_ISO}{_CLOCK}')"
            f" then {_placed(f'try_cast({text} as timestamp)', zone)} end"
        )
    value = f"try_cast({text} as {_SQL[wanted]})"
    shaped = f"regexp_full_match({text}, '{_PATTERNS[wanted]}')"
    finite = f" and isfinite({value})" if wanted == "double" else ""
    return f"case when {shaped}{finite} then {value} end"


def _plain(text: str) -> str:
    """SQL of an instant of our shape as DuckDB wants it: with seconds, `Z`, no space before it."""
    seconds = f"nullif(regexp_extract({text}, '^.{{16}}(:[0-9.]+)', 1), '')"
    offset = f"upper(regexp_extract({text}, '[Zz]$|[+-][0-9:]+$'))"
    return f"{text}[:16] || coalesce({seconds}, ':00') || {offset}"


def _from_native(value: str, base: str, wanted: str, zone: str) -> str | None:
    if wanted in _NUMBERS and base in (*_WHOLE, *_FLOATS, "DECIMAL"):
        finite = f"isfinite({value}::double)" if base in _FLOATS else "true"
        whole = f" and {value} = trunc({value})" if wanted == "integer" else ""
        return f"case when {finite}{whole} then try_cast({value} as {_SQL[wanted]}) end"
    if wanted == "boolean" and base == "BOOLEAN":
        return value
    if wanted == "boolean" and base in _WHOLE:
        return f"case {value} when 1 then true when 0 then false end"
    if wanted == "date":
        finite = f"case when isfinite({value})"
        midnight = f"{value} = date_trunc('day', {value}) then cast({value} as date) end"
        made = {"DATE": f"{finite} then {value} end", "TIMESTAMP": f"{finite} and {midnight}"}
        return made.get(base)
    if wanted == "timestamp":
        return {
            "TIMESTAMP WITH TIME ZONE": f"case when isfinite({value}) then {value} end",
            "TIMESTAMP": _placed(value, zone),
            "DATE": _placed(f"cast({value} as timestamp)", zone),
        }.get(base)
    return None


def _placed(local: str, zone: str) -> str:
    return f"placed({local}, '{zone}')"


PLACED = """
create macro placed_exactly(local_time, zone) as
    case when timezone(zone, timezone(zone, local_time)) = local_time
          and timezone(zone, timezone(zone, local_time) + interval 1 hour) <> local_time
          and timezone(zone, timezone(zone, local_time) - interval 1 hour) <> local_time
          and timezone(zone, timezone(zone, local_time) + interval 30 minute) <> local_time
          and timezone(zone, timezone(zone, local_time) - interval 30 minute) <> local_time
         then timezone(zone, local_time) end;
create macro moved(instant, zone, micros) as
    epoch_us(timezone(zone, make_timestamptz(epoch_us(instant) + micros)));
create macro placed(local_time, zone) as
    case when not isfinite(local_time) then null
         when moved(timezone(zone, local_time), zone, 10800000000)
            - moved(timezone(zone, local_time), zone, -10800000000) = 21600000000
         then timezone(zone, local_time)
         else placed_exactly(local_time, zone) end
"""
"""Macro that places a local time in a zone, or gives NULL where it names no or two instants.

Six hours around the instant that are six hours on the local clock too hold no clock change; only
the others are looked at exactly. Clock changes of an hour and of half an hour are known.
"""
