"""The page: what is served, checked, received and wrong, as HTML for people and JSON for programs.

A FastAPI app that knows no Airflow; `plugins/throughline_view.py` puts it into Airflow's UI.
"""

from throughline.page.app import create_app
from throughline.page.guard import Visitor

__all__ = ["Visitor", "create_app"]
