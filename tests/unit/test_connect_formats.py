"""Every format and packing of files through landing and conform, whole and broken."""

import gzip
import io
import json
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest

import ingest_case as case
from throughline.connect.files import land_files
from throughline.errors import SourceError
from throughline.landing import landed

HEAD = ["id", "direction", "phone", "start_at", "outcome"]
ROWS = [
    ["c1", "in", "13800138001", "2026-03-01 10:00:00", "missed"],
    ["c2", "out", "13800138002", "2026-03-01 11:30:00", "busy"],
    ["c3", "in", "13800138003", "2026-03-01 23:59:59", "missed"],
]
JSON_SQL = """
select calls._file, calls._row, record->>'id' as call_id, record->>'direction' as direction,
    record->>'phone' as caller, record->>'start_at' as start_at, record->>'outcome' as outcome
from calls
"""


def lines(separator: str) -> bytes:
    return "".join(separator.join(row) + "\n" for row in [HEAD, *ROWS]).encode()


def objects() -> list[dict[str, str]]:
    return [dict(zip(HEAD, row, strict=True)) for row in ROWS]


def parquet() -> bytes:
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(objects()), out)
    return out.getvalue()


def workbook(rows: list[list[str]], sheets: tuple[str, ...] = ("Calls",)) -> bytes:
    """A minimal workbook; a cell is text, or `n:<number>`, `d:<serial date>`, `b:<0|1>`.

    `e:<error>` is one with its formula, and stands in B3.
    """
    out = io.BytesIO()
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"

    def cell(text: str) -> str:
        kind, _, value = text.partition(":")
        if kind == "e":
            return f'<c r="B3" s="0" t="e"><f>1/0</f><v>{value}</v></c>'
        if kind in ("n", "d", "b"):
            told = {"n": "", "d": ' s="1"', "b": ' t="b"'}[kind]
            return f"<c{told}><v>{value}</v></c>"
        return f'<c t="inlineStr"><is><t>{text}</t></is></c>'

    body = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    numbered = list(enumerate(sheets, 1))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{kinds}.styles+xml"/>'
            + "".join(
                f'<Override PartName="/xl/s{n}.xml" ContentType="{kinds}.worksheet+xml"/>'
                for n, _ in numbered
            )
            + "</Types>",
        )
        book.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            + "".join(f'<sheet name="{s}" sheetId="{n}" r:id="r{n}"/>' for n, s in numbered)
            + "</sheets></workbook>",
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}/relationships">'
            + "".join(
                f'<Relationship Id="r{n}" Type="{office}/worksheet" Target="s{n}.xml"/>'
                for n, _ in numbered
            )
            + f'<Relationship Id="st" Type="{office}/styles" Target="styles.xml"/>'
            "</Relationships>",
        )
        book.writestr(
            "xl/styles.xml",
            f'<styleSheet xmlns="{main}"><cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs>'
            "</styleSheet>",
        )
        for n, _ in numbered:
            sheet = f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>'
            book.writestr(f"xl/s{n}.xml", sheet)
    return out.getvalue()


def zipped(content: bytes, *names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names or ("calls.csv",):
            archive.writestr(name, content)
    return out.getvalue()


def zstd(content: bytes) -> bytes:
    return pa.Codec("zstd").compress(content, asbytes=True)


FORMATS = {
    "csv": lines(","),
    "tsv": lines("\t"),
    "jsonl": "".join(json.dumps(row) + "\n" for row in objects()).encode(),
    "json": json.dumps(objects()).encode(),
    "parquet": parquet(),
    "xlsx": workbook([HEAD, *ROWS]),
}
PACKINGS = {".gz": gzip.compress, ".zst": zstd, ".zip": zipped}


def source_of(settings, kind: str, path: str, **keys):
    stream = {"way": "files", "path": path, "format": kind, **keys}
    mapping = JSON_SQL if kind in ("json", "jsonl") else case.CALLS_SQL
    return case.write_source(settings, streams={"calls": stream}, mappings={"cdr": mapping})


def refusal(settings, source) -> str:
    landing = land_files(settings, source, "calls", case.NIGHT)
    assert landing.new == () and landed(settings, "phones", "calls") == []
    (error,) = landing.errors
    return error


@pytest.mark.parametrize("packing", ["", *PACKINGS])
@pytest.mark.parametrize("kind", FORMATS)
def test_format_and_packing_bring_the_same_rows(tmp_path: Path, kind: str, packing: str) -> None:
    if packing and kind in ("parquet", "xlsx"):
        pytest.skip("Parquet and Excel are packed inside")
    settings = case.make_settings(tmp_path)
    name = f"calls_2026-03-01.{kind}{packing}"
    case.drop(settings, name, PACKINGS.get(packing, bytes)(FORMATS[kind]))
    source = source_of(settings, kind, f"{{home}}/drop/calls_{{date}}.{kind}{packing}")
    (batch,) = case.take(settings, source)
    (manifest,) = landed(settings, "phones", "calls")
    assert (manifest.rows, batch.rows, batch.rejected) == (3, 3, 0)
    found = case.rows(batch.path, "call_id, start_at::varchar, outcome")
    # 10:00 in Shanghai is 02:00 UTC.
    assert found == [
        ("c1", "2026-03-01 02:00:00+00", "missed"),
        ("c2", "2026-03-01 03:30:00+00", "busy"),
        ("c3", "2026-03-01 15:59:59+00", "missed"),
    ]


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_packed_file_that_is_cut_is_refused_wherever_it_is_cut(
    tmp_path: Path, kind: str, packing: str
) -> None:
    settings = case.make_settings(tmp_path)
    source = source_of(settings, kind, f"{{home}}/drop/calls.{kind}{packing}")
    whole = PACKINGS[packing](FORMATS[kind])
    for end in range(1, len(whole), 7):
        case.drop(settings, f"calls.{kind}{packing}", whole[:end])
        assert "is not a whole" in refusal(settings, source)


def test_workbook_that_is_cut_or_damaged_is_refused(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    source = source_of(settings, "xlsx", "{home}/drop/calls.xlsx")
    whole = FORMATS["xlsx"]
    for end in (1, 30, len(whole) // 2, len(whole) - 1):
        case.drop(settings, "calls.xlsx", whole[:end])
        assert "is not a whole Excel workbook" in refusal(settings, source)
    damaged = bytearray(whole)
    damaged[whole.index(b"xl/s1.xml") + 60] ^= 0xFF
    case.drop(settings, "calls.xlsx", bytes(damaged))
    assert "is not a whole Excel workbook" in refusal(settings, source)


@pytest.mark.parametrize(
    ("names", "said"), [(("a.csv", "b.csv"), "holds a.csv, b.csv"), (("folder/",), "holds nothing")]
)
def test_zip_with_anything_but_one_file_is_refused(
    tmp_path: Path, names: tuple[str, ...], said: str
) -> None:
    settings = case.make_settings(tmp_path)
    source = source_of(settings, "csv", "{home}/drop/calls.csv.zip")
    case.drop(settings, "calls.csv.zip", zipped(lines(","), *names))
    assert said in refusal(settings, source)


def test_zip_and_zstd_in_a_declared_encoding_are_read(tmp_path: Path) -> None:
    for number, pack in enumerate((zipped, zstd)):
        (tmp_path / str(number)).mkdir()
        settings = case.make_settings(tmp_path / str(number))
        suffix = "zip" if pack is zipped else "zst"
        keys = {"encoding": "gb18030", "delimiter": ";"}
        source = source_of(settings, "csv", f"{{home}}/drop/calls.{suffix}", **keys)
        text = lines(";").decode().replace("missed", "错过")
        case.drop(settings, f"calls.{suffix}", pack(text.encode("gb18030")))
        (batch,) = case.take(settings, source)
        assert (batch.rows, batch.reasons) == (1, {"value:outcome": 2})


def test_workbook_cells_become_exact_texts(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    row = ["n:13800138001", "in", "n:0.1", "d:46082.4375", "missed"]
    case.drop(settings, "calls.xlsx", workbook([HEAD, row, ["", "", "", "", ""]]))
    source = source_of(settings, "xlsx", "{home}/drop/calls.xlsx")
    (batch,) = case.take(settings, source)
    # 46,082 days after 30 December 1899 is 1 March 2026; 0.4375 of a day is 10:30 in Shanghai.
    assert case.rows(batch.path, "call_id, start_at::varchar") == [
        ("13800138001", "2026-03-01 02:30:00+00")
    ]


def test_workbook_error_is_its_text_for_the_contract_to_judge(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    broken = ["c2", "e:#DIV/0!", "", "2026-03-01 10:00:00", "missed"]
    case.drop(settings, "calls.xlsx", workbook([HEAD, ROWS[0], broken]))
    (batch,) = case.take(settings, source_of(settings, "xlsx", "{home}/drop/calls.xlsx"))
    assert (batch.rows, batch.reasons) == (1, {"value:direction": 1})


def test_workbook_cell_of_several_lines_stays_one_cell(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    row = ["a&#13;b&#10;c", "in", "x", "2026-03-01 10:00:00", "missed"]
    case.drop(settings, "calls.xlsx", workbook([HEAD, row]))
    (batch,) = case.take(settings, source_of(settings, "xlsx", "{home}/drop/calls.xlsx"))
    assert case.rows(batch.path, "call_id") == [("a\rb\nc",)]


def test_workbook_with_several_sheets_must_name_one(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    case.drop(settings, "calls.xlsx", workbook([HEAD, *ROWS], ("Calls", "Notes")))
    source = source_of(settings, "xlsx", "{home}/drop/calls.xlsx")
    assert "has sheets Calls, Notes; name one" in refusal(settings, source)
    source = source_of(settings, "xlsx", "{home}/drop/calls.xlsx", sheet="Other")
    assert "has no sheet 'Other'" in refusal(settings, source)
    source = source_of(settings, "xlsx", "{home}/drop/calls.xlsx", sheet="Calls")
    (batch,) = case.take(settings, source)
    assert batch.rows == 3


def test_landing_error_type_is_one_a_user_can_act_on(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    source = source_of(settings, "xlsx", "{home}/drop/none.xlsx")
    with pytest.raises(SourceError, match=r"no file matches .*none\.xlsx"):
        land_files(settings, source, "calls", case.NIGHT)
