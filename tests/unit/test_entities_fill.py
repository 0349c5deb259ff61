"""A data engineer adds a source, and every entity fills by itself up to its staging table."""

import shutil
from pathlib import Path

import duckdb
import pytest

import ingest_case as case
from night_case import use_part_of_project
from throughline import landing, scaffold
from throughline.checks.gate import blocking, check_layer, judge_batch
from throughline.contracts import load_contracts
from throughline.settings import Settings
from throughline.source_folders import Source
from throughline.warehouse import build, plan


@pytest.mark.slow
def test_every_entity_goes_from_a_new_source_through_both_gates_into_staging(
    tmp_path: Path,
) -> None:
    settings = case.make_settings(tmp_path)
    entities = list(load_contracts())
    made = ["stg_contact_detail_version", "stg_test_row", "stg_utm_link_version"]
    staged = [*made, *(f"stg_{entity}" for entity in entities)]
    use_part_of_project(settings, "late_rows", *staged)
    for batch in case.take(settings, source_of(settings, entities)):
        verdict, results = judge_batch(settings, batch)
        assert (batch.rows, batch.rejected, blocking(results)) == (1, 0, []), batch.entity
        landing.set_verdict(settings, batch.batch_id, verdict, "test", "judged by a test")
    planned = plan(settings, case.NIGHT)
    assert sorted(batch.entity for batch in planned.batches) == entities
    build(settings, planned)
    assert blocking(check_layer(settings, "staging", planned.work_file)) == []
    with duckdb.connect(str(planned.work_file), read_only=True) as con:
        rows = {
            entity: con.execute(f"select count(*) from staging.stg_{entity}").fetchall()[0][0]
            for entity in entities
        }
    assert rows == dict.fromkeys(entities, 1)


def source_of(settings: Settings, entities: list[str]) -> Source:
    """One source that delivers every entity: the sample and mapping that a new source begins with.

    One folder rather than one per entity, because each look at a source reads all folders.
    """
    streams, mappings = {}, {}
    for entity in entities:
        made = scaffold.add_skeleton(settings, f"new_{entity}", entity, "files", "crm", "team")
        shutil.move(made / "sample.csv", settings.home / "drop" / f"{entity}.csv")
        streams[entity] = {"way": "files", "path": f"{{home}}/drop/{entity}.csv", "format": "csv"}
        mappings[entity] = (made / f"{entity}.sql").read_text(encoding="utf-8")
        shutil.rmtree(made)
    delivered = {entity: {"streams": [entity]} for entity in entities}
    return case.write_source(
        settings, "everything", streams, mappings, delivered, domain="crm", timezone="UTC"
    )
