"""Long numbers of JSON become texts, and nothing else of a record changes."""

import duckdb
import pytest

from throughline.connect.exact_numbers import keep_exact


@pytest.mark.parametrize(
    ("record", "kept"),
    [
        ('{"a":123456789012.5,"b":1.5}', '{"a":"123456789012.5","b":1.5}'),
        ('{"a":[-123456789012.50, 1]}', '{"a":["-123456789012.50", 1]}'),
        ('{"a":1.2345678901234E12}', '{"a":"1234567890123.4"}'),
        ('{"a":1234567890123456e-2}', '{"a":"12345678901234.56"}'),
        ('{"a":12345678901.25}', '{"a":12345678901.25}'),
        ('{"a":123456789012345678901234567890}', '{"a":123456789012345678901234567890}'),
        ('{"a\\"123456789012.5":"x 123456789012.5"}', '{"a\\"123456789012.5":"x 123456789012.5"}'),
        ('{"a":123456789012e99999999999999999999}', '{"a":123456789012e99999999999999999999}'),
        ('{"a":123456789012.5e400}', '{"a":123456789012.5e400}'),
    ],
)
def test_long_number_becomes_a_text(record: str, kept: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("create temp table calls (_row bigint, record json)")
        connection.execute("insert into calls values (1, '{}'), (2, ?)", [record])
        keep_exact(connection, "calls")
        found = connection.execute("select _row, record from calls order by _row").fetchall()
    assert found == [(1, "{}"), (2, kept)]
