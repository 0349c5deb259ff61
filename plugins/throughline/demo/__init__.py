"""The demo company: its source systems as files and a CRM database, generated day by day."""

from throughline.demo.crm import load_crm
from throughline.demo.generate import generate
from throughline.demo.truth import Truth

__all__ = ["Truth", "generate", "load_crm"]
