"""The FastAPI app: every view once as HTML and once, below `/api`, as JSON."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException as AnyHttpError

from throughline.alerts import register
from throughline.errors import NotFoundError, ThroughlineError
from throughline.page.guard import Visitor, add_headers, refuse_foreign
from throughline.page.pages import FOLDER, VIEWS, View, render
from throughline.page.reading import Here
from throughline.settings import Settings, load_settings

_API = "/api"


def create_app(
    visitor: Callable[..., Any],
    login_url: Callable[[str], str],
    settings: Callable[[], Settings] = load_settings,
) -> FastAPI:
    """Make the app.

    Args:
        visitor: a FastAPI dependency that answers with the `Visitor`, or raises an HTTPException:
            401 for nobody, 403 for somebody who may not look.
        login_url: where to log in, given the path to come back to.
        settings: reads the configuration, for each request anew.
    """
    app = FastAPI(title="Throughline", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.settings = settings
    app.middleware("http")(add_headers)
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    for view in VIEWS:
        _add_view(app, view, visitor)
    _add_acknowledge(app, visitor)
    _add_errors(app, login_url)
    return app


def _add_view(app: FastAPI, view: View, visitor: Callable[..., Any]) -> None:
    def page(
        request: Request,
        who: Annotated[Visitor, Depends(visitor)],
        found: Annotated[dict[str, Any], Depends(view.read)],
    ) -> Response:
        return render(request, view.template, {**found, "who": who})

    def data(
        who: Annotated[Visitor, Depends(visitor)],
        found: Annotated[dict[str, Any], Depends(view.read)],
    ) -> dict[str, Any]:
        return found

    app.get(view.path, name=view.name)(page)
    app.get(_API + (view.path if view.path != "/" else "/overview"))(data)


def _add_acknowledge(app: FastAPI, visitor: Callable[..., Any]) -> None:
    def acknowledged(
        here: Here, who: Annotated[Visitor, Depends(visitor)], incident_id: int
    ) -> bool:
        if not who.may_acknowledge:
            raise HTTPException(403, "You may look, but not acknowledge: ask for more rights.")
        return register.acknowledge(here, incident_id, who.name)

    only_ours = [Depends(refuse_foreign)]
    path = "/incidents/{incident_id}/acknowledge"

    @app.post(path, dependencies=only_ours)
    def by_form(
        request: Request, incident_id: int, changed: Annotated[bool, Depends(acknowledged)]
    ) -> Response:
        root = request.scope["root_path"]
        return RedirectResponse(f"{root}/incidents/{incident_id}", status_code=303)

    @app.post(_API + path, dependencies=only_ours)
    def by_program(
        incident_id: int, changed: Annotated[bool, Depends(acknowledged)]
    ) -> dict[str, Any]:
        return {"incident_id": incident_id, "changed": changed}


def _add_errors(app: FastAPI, login_url: Callable[[str], str]) -> None:
    def told(request: Request, status: int, message: str) -> Response:
        if _path(request).startswith(_API + "/"):
            return JSONResponse({"error": message}, status_code=status)
        return render(request, "trouble.html", {"message": message, "status": status}, status)

    @app.exception_handler(ThroughlineError)
    def ours(request: Request, error: ThroughlineError) -> Response:
        return told(request, 404 if isinstance(error, NotFoundError) else 503, str(error))

    @app.exception_handler(AnyHttpError)
    def http(request: Request, error: AnyHttpError) -> Response:
        is_page = request.method == "GET" and not _path(request).startswith(_API + "/")
        if error.status_code == 401 and is_page:
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(login_url(request.url.path + query), status_code=307)
        return told(request, error.status_code, str(error.detail))


def _path(request: Request) -> str:
    """Path of a request below the place where the app is mounted."""
    return request.url.path.removeprefix(request.scope.get("root_path", ""))
