"""Candidates and releases: what was built and checked becomes, whole or not at all, served."""

from throughline.publish.candidate import Candidate, audit_candidate, build_candidate
from throughline.publish.digest import release_hash
from throughline.publish.swap import collect_garbage, publish, serve

__all__ = [
    "Candidate",
    "audit_candidate",
    "build_candidate",
    "collect_garbage",
    "publish",
    "release_hash",
    "serve",
]
