"""New source folders: from a vendor pack, or a skeleton that runs and is then made one's own."""

import csv
import io
import json
import re
import shutil
from pathlib import Path

import yaml

from throughline.contracts import Contract, FieldSpec, contract_of
from throughline.errors import ConfigError
from throughline.settings import PACKAGE, Settings
from throughline.source_folders import NAME

PACKS = PACKAGE / "packs"
_EXAMPLES = {
    "text": "example",
    "decimal": "1.00",
    "price": "0.000125",
    "rate": "0.00028123",
    "double": "0.5",
    "boolean": "false",
    "date": "2026-01-31",
    "timestamp": "2026-01-31 10:00:00",
    "currency": "USD",
}
_ONE_OF = re.compile(r"\w+ is not null( or \w+ is not null)*")
_PERSONAL = {"phone": "13800138000", "email": "somebody@example.com", "ip": "192.0.2.1"}
_NAMED = {
    "url": "https://example.com/",
    "month": "2026-01-01",
    "end_date": "2026-12-31",
    "outcome": "missed",
    "arms": "control=0.5,new=0.5",
    "country": "CN",
    "referee_key": "somebody else",
    "route_template": "/orders/{id}",
    "path": "/orders/1",
}
_TEST = '''"""The mapping of {name} on its sample; add the odd rows of the real system to it."""

from pathlib import Path

from throughline.preview import preview_files
from throughline.settings import load_settings
from throughline.source_folders import read_source

HERE = Path(__file__).parent


def test_{name}_sample_is_accepted() -> None:
    source = read_source(HERE / "source.yml")
    sample = {{"{entity}": HERE / "{sample}"}}
    found = preview_files(load_settings(), source, "{entity}", sample)
    assert found.rejected == []
    assert len(found.accepted) == 1
'''


def packs() -> list[str]:
    """Names of the vendor packs."""
    return sorted(path.parent.name for path in PACKS.glob("*/source.yml"))


def add_pack(settings: Settings, pack: str, name: str, owner: str | None = None) -> Path:
    """Copy a vendor pack into the sources as `name`, with an owner of its own or the pack's.

    Raises:
        ConfigError: there is no such pack, or the name is taken or none.
    """
    if pack not in packs():
        raise ConfigError(f"there is no pack {pack!r}; there are {', '.join(packs())}")
    folder = _new_folder(settings, name)
    shutil.copytree(PACKS / pack, folder)
    path = folder / "source.yml"
    text = path.read_text(encoding="utf-8")
    text = text.replace(f"source: {pack}\n", f"source: {name}\n", 1)
    if owner is not None:
        named = yaml.safe_dump({"owner": owner}, allow_unicode=True)
        text = re.sub(r"(?m)^owner: .*\n", lambda _: named, text, count=1)
    path.write_text(text, encoding="utf-8")
    return folder


def add_skeleton(
    settings: Settings, name: str, entity: str, way: str, domain: str, owner: str
) -> Path:
    """Write a folder with source, mapping, sample and test for one entity, and return it.

    Raises:
        ConfigError: there is no such entity, or the name is taken or none.
    """
    contract = contract_of(entity)
    folder = _new_folder(settings, name)
    fields = _fields(contract)
    sample = "sample.jsonl" if way == "rest" else "sample.csv"
    folder.mkdir(parents=True)
    (folder / "source.yml").write_text(
        yaml.safe_dump(_source(name, contract, way, domain, owner), sort_keys=False, width=100),
        encoding="utf-8",
    )
    (folder / f"{entity}.sql").write_text(_mapping(contract, fields, way), encoding="utf-8")
    (folder / sample).write_text(_sample(fields, way), encoding="utf-8")
    test = _TEST.format(name=name, entity=entity, sample=sample)
    (folder / f"test_{name}.py").write_text(test, encoding="utf-8")
    return folder


def _new_folder(settings: Settings, name: str) -> Path:
    if not NAME.fullmatch(name):
        raise ConfigError(f"{name!r} is not a name in lower case, such as our_crm")
    folder = settings.sources_path[-1] / name
    if folder.exists():
        raise ConfigError(f"{folder} is there already")
    return folder


def _source(name: str, contract: Contract, way: str, domain: str, owner: str) -> dict[str, object]:
    streams: dict[str, dict[str, object]] = {
        "files": {"way": "files", "path": f"{{home}}/{name}/{contract.entity}_{{date}}.csv"},
        "database": {"way": "database", "connection": name, "table": f"public.{contract.entity}"},
        "rest": {"way": "rest", "connection": name, "path": f"/{contract.entity}"},
    }
    more: dict[str, dict[str, object]] = {
        "files": {"format": "csv"},
        "database": {"key": list(contract.key)},
        "rest": {"auth": {"type": "bearer"}, "records": "results", "key": list(contract.key)},
    }
    return {
        "source": name,
        "domain": domain,
        "owner": owner,
        "description": f"{name}: {contract.description}",
        "timezone": "UTC",
        "streams": {contract.entity: streams[way] | more[way]},
        "entities": {contract.entity: {"streams": [contract.entity]}},
    }


def _fields(contract: Contract) -> dict[str, FieldSpec]:
    """The fields to begin with: key, required, asked for by a rule, and what tells who it is."""
    asked = _asked_for(contract)
    return {
        name: spec
        for name, spec in contract.fields.items()
        if spec.required
        or name in (*contract.key, *asked)
        or spec.pii in ("phone", "email", "identifier")
    }


def _asked_for(contract: Contract) -> list[str]:
    """The first field of each rule that wants one of some fields to be there."""
    wanted = [
        rule.holds.split()[0]
        for rule in contract.rules
        if rule.otherwise == "reject" and _ONE_OF.fullmatch(rule.holds)
    ]
    return [name for name in contract.fields if {*contract.columns_of({name})} & {*wanted}]


def _mapping(contract: Contract, fields: dict[str, FieldSpec], way: str) -> str:
    shown = [
        f"    record->>'{name}' as {_quoted(name)}," if way == "rest" else f"    {_quoted(name)},"
        for name in fields
    ]
    last = f"from {_quoted(contract.entity)}"
    return "\n".join(["select", "    _file,", "    _row,", *shown, last, ""])


def _quoted(name: str) -> str:
    return f'"{name}"' if name in ("by", "start", "end", "order") else name


def _sample(fields: dict[str, FieldSpec], way: str) -> str:
    row = {name: _NAMED.get(name) or _example(spec) for name, spec in fields.items()}
    if way == "rest":
        return json.dumps(row) + "\n"
    out = io.StringIO()
    writer = csv.DictWriter(out, list(row), lineterminator="\n")
    writer.writeheader()
    writer.writerow(row)
    return out.getvalue()


def _example(spec: FieldSpec) -> str:
    if spec.values:
        return spec.values[0]
    if spec.type == "integer":
        return str(int(max(spec.min or 1, 1)))
    return _PERSONAL.get(spec.pii or "", _EXAMPLES[spec.type])
