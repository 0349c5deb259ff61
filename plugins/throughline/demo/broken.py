"""Rows that break their contract, few enough to stay below the reject limit of every batch."""

from throughline.demo import costs
from throughline.demo.lines import app_event, pageview
from throughline.demo.world import World

MANY, FEW = (20, 27, 34), (20,)
ROWS_PER_BROKEN = 400
AD_STREAMS = ("baidu_spend", "tencent_spend", "dsp_spend")


def broken_lines(
    world: World, stream: str, day: int, rows: list[tuple]
) -> list[tuple[str, str, object]]:
    """What to add to a stream's file of a day: (reason, id, a text line or a row to print).

    On a few early days, and later one for each 400 rows of a day.
    """
    offset = day - world.start.toordinal()
    if not rows:
        return []
    if stream in ("pageviews", "app_events"):
        count = (offset in MANY) + len(rows) // ROWS_PER_BROKEN
        maker = _page if stream == "pageviews" else _event
        return [maker(offset + number, rows[number]) for number in range(count)]
    if offset not in FEW:
        return []
    if stream in AD_STREAMS:
        row = costs.negative_row(stream, day)
        return [("range:cost", row[1], row[1:])]
    if stream == "cdr":
        return _calls(rows)
    if stream == "api_requests":
        row = rows[0][1:]
        return [("value:method", row[0], (*row[:2], "FETCH", *row[3:]))]
    if stream == "forms" and world.scale >= 1:
        row = rows[0][1:]
        return [("no_contact", row[0], (*row[:5], {"company_name": "示例", "phone": "n/a"}))]
    return []


def _page(turn: int, row: tuple) -> tuple[str, str, object]:
    text = pageview(row[1:])
    if turn % 2 == 0:
        return ("invalid_json", row[1], text[: len(text) // 2])
    return ("url_not_http", row[1], text.replace('"url":"https://', '"url":"about://'))


def _event(turn: int, row: tuple) -> tuple[str, str, object]:
    text = app_event(row[1:])
    if turn % 3 == 0:
        return ("invalid_json", row[1], text[: len(text) // 2])
    if turn % 3 == 1:
        kind = text.replace(f'"type":"{row[3]}"', '"type":"track_unknown"')
        return ("value:type", row[1], kind)
    named = text.replace(f'"event":"{row[4]}",', "") if row[4] else text
    return ("event_name_shape", row[1], named.replace('"type":', '"event":"1 bad name","type":'))


def _calls(rows: list[tuple]) -> list[tuple[str, str, object]]:
    for row in rows:
        if row[14] == "answered":
            cells = list(row[1:])
            cells[10] += 7
            return [("talk_seconds_differ", row[1], tuple(cells))]
    return []
