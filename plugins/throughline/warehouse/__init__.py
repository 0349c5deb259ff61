"""Build the warehouse of one night: prepare the work file, run dbt, keep what was measured."""

from throughline.warehouse.build import Built, build
from throughline.warehouse.engine import connect
from throughline.warehouse.prepare import prepare
from throughline.warehouse.runs import Run, plan, served_run

__all__ = ["Built", "Run", "build", "connect", "plan", "prepare", "served_run"]
