"""Text from a source is shown in one line, without markup."""

import pytest

from throughline.alerts.message import plain


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
