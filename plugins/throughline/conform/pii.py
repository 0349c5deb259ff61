"""Personal data: normalised, then replaced by a keyed HMAC-SHA256 inside DuckDB.

The key never enters SQL text, files or logs: its two padded halves are bound to session variables.
Service lines (400, 800) and mailboxes of nobody (test@, noreply@) are marked as shared: identity
joins nobody by them (identity rule 3), and could not tell them by their hash.
"""

import hashlib
import hmac
import unicodedata

import duckdb

from throughline import keys
from throughline.settings import Settings

PLACEHOLDERS = (
    "",
    "-",
    "--",
    "/",
    "?",
    "n/a",
    "na",
    "nil",
    "none",
    "null",
    "unknown",
    "无",
    "没有",
    "暂无",
    "不清楚",
    "不知道",
    "未知",
)
"""Texts, after NFKC, trim and lower case, that say nothing."""

# A macro puts its argument wherever it is named, and macros within macros multiply it: a lambda
# names it once. Without, an identifier takes half a second to plan.
_MACROS = r"""
create macro nfkc(given) as
    case when strlen(given) = length(given) then given else nfkc_text(given) end;
create macro hmac_hex(message) as
    sha256(getvariable('pii_outer') || unhex(sha256(getvariable('pii_inner') || encode(message))));
create macro mark_of(message) as
    case when (length(message) = 13 and message[:6] in ('+86400', '+86800'))
              or split_part(message, '@', 1) in ('test', 'noreply', 'no-reply')
         then 'shared:' else '' end;
create macro pii_hash(message) as list_transform([message], lambda known:
    case when known is not null
         then getvariable('pii_key_id') || ':' || mark_of(known) || hmac_hex(known) end)[1];
create macro local_number(digits) as
    case when regexp_full_match(digits, '1[3-9][0-9]{9}') then '+86' || digits
         when length(digits) between 7 and 12 and replace(digits, digits[1], '') <> ''
         then '+86' || digits end;
create macro foreign_number(digits) as
    case when length(digits) between 7 and 15 and digits[1] <> '0' then '+' || digits end;
create macro number_from(abroad, digits) as
    case when regexp_full_match(digits, '86(0?1[3-9][0-9]{9})') or (abroad and digits[:2] = '86')
         then local_number(ltrim(digits[3:], '0'))
         when abroad then foreign_number(digits)
         else local_number(ltrim(digits, '0')) end;
create macro phone_of(given) as number_from(
    regexp_matches(trim(nfkc(given)), '^[(]?([+]|00)'),
    regexp_replace(regexp_replace(nfkc(given), '[^0-9]', '', 'g'), '^00', ''));
create macro email_from(given) as
    case when regexp_full_match(given, '[^@\s"<>(),;:]+@([^@\s.,;:]+\.)+[^@\s.,;:0-9]{2,}')
         then given end;
create macro email_of(given) as
    email_from(regexp_replace(lower(trim(nfkc(given))), '\+[^@]*@', '@'));
create macro name_of(given) as
    nullif(lower(trim(regexp_replace(nfkc(given), '\s+', ' ', 'g'))), '');
create macro ip_of(given) as nullif(lower(trim(given)), '');
create macro identifier_hash(text) as
    case when regexp_full_match(text,
                  '([+]|00)?(86)?[- ]?0?1[3-9][0-9]([- ]?[0-9]{4}){2}|[+][0-9][0-9 -]{6,17}')
         then pii_hash(phone_of(text))
         when contains(text, '@') then pii_hash(email_of(text)) end;
create macro key_before(text) as
    case when contains(text, '@') then regexp_extract(text, '^[$][A-Za-z0-9_$]*[+]')
         else regexp_extract(text, '^[A-Za-z_$][A-Za-z0-9_$]*[+]') end;
create macro behind_key(text) as list_transform([key_before(text)], lambda key:
    key || list_transform([text[length(key) + 1:]], lambda rest: identifier_hash(rest))[1])[1];
create macro identifier_of(given) as coalesce(list_transform([trim(nfkc(given))], lambda text:
    case when contains(text, '+') then behind_key(text) else identifier_hash(text) end)[1], given);
"""


def pii_key(settings: Settings) -> bytes:
    """The secret key: `THROUGHLINE_PII_KEY`, else `<home>/secrets/pii.key`, made at first use."""
    return (settings.pii_key or keys.key(settings, "pii.key")).encode()


def key_id(key: bytes) -> str:
    """Name of a key: eight hexadecimal digits that do not tell the key."""
    return hmac.new(key, b"throughline pii key id", hashlib.sha256).hexdigest()[:8]


def define(connection: duckdb.DuckDBPyConnection) -> None:
    """Define the macros that normalise (`phone_of` …) and replace (`pii_hash`, `identifier_of`)."""
    connection.create_function("nfkc_text", _nfkc, ["VARCHAR"], "VARCHAR")
    connection.execute(_MACROS)


def set_key(session: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Give a session the key that the macros use."""
    block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    for name, pad in (("pii_inner", 0x36), ("pii_outer", 0x5C)):
        session.execute(f"set variable {name} = $1::blob", [bytes(b ^ pad for b in block)])
    session.execute("set variable pii_key_id = $1::varchar", [key_id(key)])


def _nfkc(given: str) -> str:
    return unicodedata.normalize("NFKC", given)
