"""Throughline in Airflow's UI: puts the page of `throughline.page` behind Airflow's own login.

Every Airflow process loads this file, tasks too; only the API server asks for the app, and only
then anything heavy is imported.
"""

from functools import cached_property
from typing import Any

from airflow.plugins_manager import AirflowPlugin

PREFIX = "/throughline"
GUARDED_BY = "lifecycle"
"""Who may see this DAG may see the page; who may edit it may acknowledge."""


def make_app() -> Any:
    """Make the page's app; its visitors are Airflow's users."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
    from airflow.api_fastapi.core_api.security import get_user, requires_access_dag
    from fastapi import Depends, HTTPException, Request

    from throughline.page import Visitor, create_app

    may_look = requires_access_dag("GET", param_dag_id=GUARDED_BY)
    may_edit = requires_access_dag("PUT", param_dag_id=GUARDED_BY)

    def visitor(request: Request, user: BaseUser = Depends(get_user)) -> Visitor:  # noqa: B008
        may_look(request, user)
        try:
            may_edit(request, user)
        except HTTPException:
            return Visitor(user.get_name(), may_acknowledge=False)
        return Visitor(user.get_name(), may_acknowledge=True)

    return create_app(visitor, lambda path: get_auth_manager().get_url_login(next_url=path))


class ThroughlineView(AirflowPlugin):
    """The page below `/throughline`, and its entry in the navigation."""

    name = "throughline"
    external_views = [  # noqa: RUF012
        {
            "name": "Throughline",
            "href": "throughline/",
            "url_route": "throughline",
            "destination": "nav",
            "nav_top_level": True,
            "icon": "throughline/static/icon.svg",
            "icon_dark_mode": "throughline/static/icon_dark.svg",
        }
    ]

    @cached_property
    def fastapi_apps(self) -> list[dict[str, Any]]:
        """The app, made when the API server asks for it."""
        return [{"app": make_app(), "url_prefix": PREFIX, "name": "Throughline"}]
