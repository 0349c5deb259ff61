"""Text from a source is shown in one line, without markup."""

import pytest

from throughline.alerts.message import plain, reach


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("lead.leads: 3 of 100 rows", "lead.leads: 3 of 100 rows"),
        ("two\nlines\r\nand\ta tab", "two lines and a tab"),
        ("  many   spaces ", "many spaces"),
        ("null\0byte and \u202eturned", "null byte and turned"),
        ("stays_with_underscores-and-dashes", "stays_with_underscores-and-dashes"),
        ("渠道 线索 100%", "渠道 线索 100%"),
    ],
)
def test_text_becomes_one_readable_line(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "<!channel>",
        "<@U123>",
        "@all",
        "@everyone",
        "[a](http://b.example)",
        "**b**",
        "`c`",
        "||x||",
    ],
)
def test_markup_of_chats_is_gone(text: str) -> None:
    shown = plain(text)
    assert not set("<>@[]*`|") & set(shown)
    assert "://" not in shown
    assert len(shown) == len(text)


def test_long_text_is_cut_and_says_so() -> None:
    assert plain("x" * 1000, 300) == "x" * 299 + "…"


@pytest.mark.parametrize(
    ("blast_radius", "said"),
    [
        ([], ""),
        (["lead.leads"], "1 table: lead.leads"),
        (["a.a", "b.b", "c.c"], "3 tables: a.a, b.b, c.c"),
        (["a.a", "b.b", "c.c", "d.d"], "4 tables: a.a, b.b, c.c …"),
        (["a.a", "exposure:x"], "1 table: a.a; 1 use"),
        (["exposure:x", "exposure:y"], "2 uses"),
    ],
)
def test_blast_radius_is_counted_and_its_first_tables_are_named(
    blast_radius: list[str], said: str
) -> None:
    assert reach(blast_radius) == said
