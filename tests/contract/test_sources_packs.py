"""Every vendor pack: complete, named in the README, and right on a sample of the vendor's shape."""

import re
from datetime import date
from pathlib import Path

import pytest

import pack_case
from throughline import scaffold
from throughline.connect.remote import find_windows
from throughline.contracts import load_contracts
from throughline.file_stream import FileStream
from throughline.preview import Preview
from throughline.source_folders import load_sources, read_source

REPO = Path(__file__).parents[2]
MAPPINGS = [
    (pack, entity)
    for pack in scaffold.packs()
    for entity in read_source(scaffold.PACKS / pack / "source.yml").entities
]


def as_written(value: object) -> object:
    """A value as `expected.yml` writes it: decimals and instants as text."""
    plain = value is None or isinstance(value, (bool, int, str, float))
    return value if plain or type(value) is date else str(value)


@pytest.mark.parametrize(("pack", "entity"), MAPPINGS)
def test_pack_maps_its_sample_as_worked_out_by_hand(tmp_path: Path, pack: str, entity: str) -> None:
    check(pack_case.mapped(tmp_path, pack, entity), pack, entity)


@pytest.mark.parametrize(("pack", "entity"), [m for m in MAPPINGS if m[0].endswith("_tables")])
def test_pack_maps_numbers_that_land_as_text_alike(tmp_path: Path, pack: str, entity: str) -> None:
    check(pack_case.mapped(tmp_path, pack, entity, numeric=True), pack, entity)


def check(found: Preview, pack: str, entity: str) -> None:
    wanted = pack_case.Sample(pack).expected[entity]
    rows = [
        {name: as_written(value) for name, value in zip(found.columns, row, strict=True)}
        for row in found.accepted
    ]
    assert len(rows) == len(wanted["accepted"]), (rows, found.rejected)
    for told in wanted["accepted"]:
        same = [row for row in rows if {name: row[name] for name in told} == told]
        assert same, (told, [{name: row[name] for name in told} for row in rows])
        rows.remove(same[0])
    assert [reasons for *_, reasons in found.rejected] == wanted.get("rejected", [])
    assert found.not_mapped == wanted.get("not_mapped", 0)


@pytest.mark.parametrize("pack", scaffold.packs())
def test_pack_is_complete(pack: str) -> None:
    source = read_source(scaffold.PACKS / pack / "source.yml")
    assert set(source.entities) <= set(load_contracts())
    mappings = {path.stem for path in source.folder.glob("*.sql")}
    assert mappings == set(source.entities), "a mapping that nothing declares, or the other way"
    said = (source.folder / "README.md").read_text(encoding="utf-8")
    assert "**It needs**" in said and "**How it maps" in said
    assert all(f"`{entity}`" in said for entity in source.entities)
    sample = pack_case.Sample(pack)
    assert set(sample.expected) == set(source.entities)
    used = {stream for spec in source.entities.values() for stream in spec.streams}
    assert used == set(source.streams)
    given = {path.name.split(".")[0] for path in sample.folder.iterdir()}
    assert given == {*source.streams, "expected"}


FILES = [
    (pack, name)
    for pack in scaffold.packs()
    for name, stream in read_source(scaffold.PACKS / pack / "source.yml").streams.items()
    if isinstance(stream, FileStream)
]
DATED = [(pack, name) for pack, name in FILES if (pack, name) != ("wecom", "customers")]


@pytest.mark.parametrize(("pack", "stream"), DATED)
def test_pack_finds_the_file_that_its_readme_names(tmp_path: Path, pack: str, stream: str) -> None:
    settings = pack_case.installed(tmp_path, pack)
    source = load_sources(settings)[pack]
    said = (source.folder / "README.md").read_text(encoding="utf-8")
    named = sorted(set(re.findall(r"`?([\w.]+2026-03-01[\w.]*)`?", said)))
    assert len(named) == len([one for one, _ in DATED if one == pack])
    given = source.streams[stream]
    assert isinstance(given, FileStream)
    folder = Path(given.path.replace("{home}", str(settings.home))).parent
    folder.mkdir(parents=True)
    for name in named:
        (folder / name).touch()
    found = find_windows(settings, source, given)
    ((label, (_, [path])),) = found.windows.items()
    assert label == "2026-03-01"
    assert path.name in named


def test_customers_of_wecom_are_every_file_of_their_folder_at_once(tmp_path: Path) -> None:
    settings = pack_case.installed(tmp_path, "wecom")
    source = load_sources(settings)["wecom"]
    said = (source.folder / "README.md").read_text(encoding="utf-8")
    names = sorted(set(re.findall(r"`((?:contacts|callbacks)[\w.]*)`", said)))
    folder = settings.home / "wecom" / "customers"
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()
    given = source.streams["customers"]
    assert isinstance(given, FileStream)
    found = find_windows(settings, source, given)
    assert [path.name for path in found.windows["snapshot"][1]] == names == [
        "callbacks_2026.jsonl", "contacts.jsonl",
    ]  # fmt: skip


def test_readme_lists_the_packs_there_are() -> None:
    said = (REPO / "README.md").read_text(encoding="utf-8")
    (listed,) = re.findall(r"\*\*Vendor packs\.\*\*(.*?)\n\n", said, re.DOTALL)
    assert sorted(re.findall(r"`([a-z0-9_]+)`", listed)) == scaffold.packs()


def test_samples_belong_to_packs() -> None:
    assert sorted(path.name for path in pack_case.SAMPLES.iterdir()) == scaffold.packs()
