"""The demo's chat desk: a JSON API over what it exported: `python -m throughline.demo.desk`.

`GET /v1/chats` with `Authorization: Bearer <token>` gives chats by `updated_at`, those from
`updated_since` on and before `updated_before`, `limit` a page; `next_cursor` leads to the next one.
Port and token are those of the connection `demo_desk`.
"""

import csv
import gzip
import hmac
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from throughline.connect.connections import read_service, site_of
from throughline.settings import Settings, load_settings

CONNECTION = "demo_desk"
LIMIT = 500
_ZONE = ZoneInfo("Asia/Shanghai")


class Desk(ThreadingHTTPServer):
    """The desk's server; `chats` is the file that holds them, read at every request."""

    daemon_threads = True

    def __init__(self, settings: Settings, host: str, port: int, token: str) -> None:
        super().__init__((host, port), _Answer)
        self.token, self.chats = token, settings.demo_folder / "success" / "chats.csv.gz"


class _Answer(BaseHTTPRequestHandler):
    server: Desk
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer one request."""
        url = urlsplit(self.path)
        given = self.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self.server.token}".encode()):
            self._say(401, {"error": {"message": "the token is missing or wrong"}})
        elif url.path != "/v1/chats":
            self._say(404, {"error": {"message": f"there is no {url.path}"}})
        else:
            try:
                self._say(200, page(self.server.chats, dict(parse_qsl(url.query))))
            except ValueError as error:
                self._say(400, {"error": {"message": str(error)}})

    def _say(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of what went well."""


def page(chats: Path, asked: dict[str, str]) -> dict[str, Any]:
    """One page of chats and the cursor of the next one, None behind the last.

    Raises:
        ValueError: a parameter is none.
    """
    limit = int(asked.get("limit", LIMIT))
    if not 1 <= limit <= LIMIT:
        raise ValueError(f"limit must be 1 to {LIMIT}")
    since, before = (
        datetime.fromisoformat(asked[name]).astimezone(_ZONE) if name in asked else None
        for name in ("updated_since", "updated_before")
    )
    after = tuple(asked.get("cursor", "").split("~"))
    found = sorted(
        (
            chat
            for chat in _chats(chats)
            if (since is None or _updated(chat) >= since)
            and (before is None or _updated(chat) < before)
            and _place(chat) > after
        ),
        key=_place,
    )
    more = len(found) > limit
    return {
        "chats": found[:limit],
        "next_cursor": "~".join(_place(found[limit - 1])) if more else None,
    }


def _chats(path: Path) -> list[dict[str, Any]]:
    """The desk's chats as JSON has them: no text is null, counts are numbers."""
    if not path.exists():
        return []
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        {
            name: int(text) if name.startswith("msgs_") else text or None
            for name, text in row.items()
        }
        for row in rows
    ]


def _updated(chat: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(chat["updated_at"]).replace(tzinfo=_ZONE)


def _place(chat: dict[str, Any]) -> tuple[str, ...]:
    return chat["updated_at"], chat["chat_id"]


@contextmanager
def serving(settings: Settings, host: str, port: int, token: str) -> Iterator[Desk]:
    """Serve beside what the block does; port 0 takes one that is free."""
    with Desk(settings, host, port, token) as desk:
        thread = Thread(target=desk.serve_forever, daemon=True)
        thread.start()
        try:
            yield desk
        finally:
            desk.shutdown()
            thread.join()


def main() -> None:
    """Serve on the interface given, else on the loopback one, until stopped by a signal."""
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    settings = load_settings()
    service = read_service(settings, CONNECTION)
    with Desk(settings, host, site_of(service.base)[2], service.password) as desk:
        desk.serve_forever()


if __name__ == "__main__":
    main()
