"""Batches, manifests, verdicts, outcomes: everything the night knows of its input is in files."""

from throughline.landing.batches import (
    InputBatch,
    find_batch,
    gate_results,
    input_batches,
    live_batches,
    newest_verdict,
    set_verdict,
    verdicts,
)
from throughline.landing.drafts import commit
from throughline.landing.manifests import Manifest, landed, verify
from throughline.landing.outcomes import Outcome, read_outcome, write_outcome
from throughline.settings import Settings
from throughline.source_folders import load_sources


def connected_entities(settings: Settings) -> set[str]:
    """Entities that a source of `settings.sources_path` delivers."""
    return {entity for source in load_sources(settings).values() for entity in source.entities}


__all__ = [
    "InputBatch",
    "Manifest",
    "Outcome",
    "commit",
    "connected_entities",
    "find_batch",
    "gate_results",
    "input_batches",
    "landed",
    "live_batches",
    "newest_verdict",
    "read_outcome",
    "set_verdict",
    "verdicts",
    "verify",
    "write_outcome",
]
