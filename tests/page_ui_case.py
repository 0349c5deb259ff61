"""The page inside Airflow's real UI: a browser's way to it, and a server whose users log in."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from browser_case import Tab
from throughline.local import airflow, ports, processes
from throughline.settings import Settings

PATHS = ("/", "/incidents", "/checks", "/batches", "/rejected", "/nights", "/releases")
USERS = {"vera": "viewer", "anna": "user"}
"""Airflow users by role: one who may look, one who may edit DAGs."""

_FRAME = "document.querySelector('iframe').contentDocument"
_BUTTON = f"{_FRAME}.querySelector('form[method=post] button')"
_MIDDLE = f"""(() => {{
    const outer = document.querySelector('iframe').getBoundingClientRect();
    const inner = {_BUTTON}.getBoundingClientRect();
    return [outer.x + inner.x + inner.width / 2, outer.y + inner.y + inner.height / 2];
}})()"""


def open_by_navigation(tab: Tab, url: str) -> None:
    """Open Airflow's start page and click the page's entry in the navigation."""
    tab.open(url)
    entry = "document.querySelector('a[href*=\"plugin/throughline\"]')"
    tab.wait(entry, 90)
    tab.ask(f"{entry}.click()")
    tab.wait(f"{_FRAME}.querySelector('h1')", 90)


def go(tab: Tab, name: str, heading: str) -> None:
    """Follow a link of the page's own navigation."""
    links = f"[...{_FRAME}.querySelectorAll('nav a')]"
    tab.ask(f"{links}.find(link => link.textContent.trim() === '{name}').click()")
    tab.wait(f"{_FRAME}.querySelector('h1').textContent.startsWith('{heading}')", 60)


def acknowledge_by_mouse(tab: Tab) -> None:
    """Press the first button to acknowledge, with the mouse, and wait for what it leads to."""
    tab.wait(f"{_FRAME}.readyState === 'complete' && {_BUTTON}", 60)
    tab.ask(f"{_BUTTON}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
    x, y = tab.ask(_MIDDLE)
    tab.click(x, y)
    tab.wait(f"{_FRAME}.body.textContent.includes('acknowledged') && !{_BUTTON}", 60)


def too_wide(tab: Tab) -> bool:
    """Whether the window, or the page in its frame, would have to be moved sideways."""
    roots = "[document, ...[...document.querySelectorAll('iframe')].map(f => f.contentDocument)]"
    wider = "root.documentElement.scrollWidth > root.documentElement.clientWidth"
    return tab.ask(f"{roots}.some(root => {wider})")


@contextmanager
def server_with_login(settings: Settings, folder: Path) -> Iterator[httpx.Client]:
    """A second API server of the same Airflow, on which everybody has to log in."""
    passwords = folder / "passwords.json"
    passwords.write_text(json.dumps({name: f"{name}-secret" for name in USERS}))
    url = f"http://127.0.0.1:{ports.free_ports(1)[0]}"
    variables = {
        **airflow.environment(settings),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{n}:{r}" for n, r in USERS.items()),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__PORT": url.rpartition(":")[2],
    }
    with (folder / "api-server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "airflow", "api-server"], env=variables, stdout=log, stderr=log
        )
    try:
        with httpx.Client(base_url=url, timeout=60) as client:
            processes.wait_while(lambda: process.poll() is None and not _answers(client), 180)
            assert _answers(client), (folder / "api-server.log").read_text()[-2000:]
            yield client
    finally:
        process.terminate()
        process.wait(timeout=30)


def token(client: httpx.Client, user: str) -> dict[str, str]:
    """Log a user in; returns the header of their requests."""
    body = {"username": user, "password": f"{user}-secret"}
    found = client.post("/auth/token", json=body).raise_for_status().json()
    return {"Authorization": f"Bearer {found['access_token']}"}


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/api/v2/monitor/health").is_success
    except httpx.HTTPError:
        return False
