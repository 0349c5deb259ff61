"""A local server that behaves as Salesforce documents the query resources of its REST API."""

import base64
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from werkzeug import Request, Response

CLIENT, SECRET, TOKEN = "3MVG9client", "canary-secret-51", "00Dxx!canary-token"
ROOT = "/services/data/v62.0"
_SOQL = re.compile(
    r"SELECT (?P<fields>[\w, ]+) FROM (?P<object>\w+)( WHERE SystemModstamp >= (?P<since>\S+))?"
)


@dataclass
class Salesforce:
    """Records by object. `busy` answers 503 so many times; `exhausted` is the day's call limit."""

    objects: dict[str, list[dict[str, Any]]]
    size: int = 2
    busy: int = 0
    exhausted: bool = False
    queries: list[str] = field(default_factory=list)
    calls: int = 0
    _open: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def token(self, request: Request) -> Response:
        """`POST /services/oauth2/token` with the client credentials."""
        pair = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        given = request.headers.get("Authorization") == f"Basic {pair}"
        if not given or request.form.get("grant_type") != "client_credentials":
            said = {"error": "invalid_client", "error_description": "invalid client credentials"}
            return _json(said, 400)
        return _json({"access_token": TOKEN, "token_type": "Bearer", "issued_at": "1770000000000"})

    def query(self, request: Request) -> Response:
        """`GET …/queryAll?q=` begins a result, `GET …/query/<locator>` goes on with it."""
        self.calls += 1
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if self.exhausted:
            return _refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        if self.busy:
            self.busy -= 1
            return _refusal(503, "SERVER_UNAVAILABLE", "Too many requests in an hour")
        if request.path != f"{ROOT}/queryAll":
            locator = request.path.removeprefix(f"{ROOT}/query/")
            if request.args or locator not in self._open:
                return _refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
            return self._page(locator)
        return self._begin(request.args["q"])

    def _begin(self, query: str) -> Response:
        self.queries.append(query)
        asked = _SOQL.fullmatch(query)
        if asked is None:
            return _refusal(400, "MALFORMED_QUERY", f"unexpected token: {query}")
        rows = self.objects[asked["object"]]
        fields = [name.strip() for name in asked["fields"].split(",")]
        unknown = [name for name in fields if any(name not in row for row in rows)]
        if unknown:
            said = f"No such column '{unknown[0]}' on entity '{asked['object']}'."
            return _refusal(400, "INVALID_FIELD", said)
        if asked["since"]:
            since = datetime.fromisoformat(asked["since"])
            rows = [r for r in rows if datetime.fromisoformat(r["SystemModstamp"]) >= since]
        about = {"type": asked["object"], "url": f"{ROOT}/sobjects/{asked['object']}"}
        shown = [{"attributes": about, **{name: row[name] for name in fields}} for row in rows]
        locator = f"01g{len(self.queries):04d}-0"
        self._open[locator] = shown
        return self._page(locator)

    def _page(self, locator: str) -> Response:
        name, _, begin = locator.rpartition("-")
        rows, end = self._open[locator], int(begin) + self.size
        told: dict[str, Any] = {"totalSize": len(rows), "done": end >= len(rows)}
        if not told["done"]:
            self._open[f"{name}-{end}"] = rows
            told["nextRecordsUrl"] = f"{ROOT}/query/{name}-{end}"
        return _json({**told, "records": rows[int(begin) : end]})


def record(number: str, changed: str = "2026-03-01T10:00:00.000+0000", **given: Any) -> dict:
    """A record of any object, with the fields that all have."""
    about = {"CreatedDate": "2026-02-01T09:00:00.000+0000", "SystemModstamp": changed}
    return {"Id": number, "IsDeleted": False, "MasterRecordId": None, **about, **given}


def _json(document: Any, status: int = 200) -> Response:
    return Response(json.dumps(document), status, content_type="application/json;charset=UTF-8")


def _refusal(status: int, code: str, message: str) -> Response:
    return _json([{"message": message, "errorCode": code}], status)
