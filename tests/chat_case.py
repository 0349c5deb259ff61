"""Stand-ins of chats and of a pager that check messages the way their makers document it.

Each answers `(request) -> Response`, keeps what it took in `taken`, and refuses as the real one
does: the robots with status 200 and an error code in the body.
"""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field

from werkzeug import Request, Response

SIGNING_KEY = "SECnot-a-real-key"
ROUTING_KEY = "R0UT1NGKEYR0UT1NGKEYR0UT1NGKEY00"
HOUR = 3600


@dataclass
class Chat:
    """Takes what `reason` has nothing against."""

    kind: str
    planned: list[Response] = field(default_factory=list)
    taken: list[dict] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        body = json.loads(request.get_data())
        self.raw.append(request.query_string.decode())
        if self.planned:
            return self.planned.pop(0)
        refusal = CHECKS[self.kind](request, body)
        if refusal is not None:
            return refusal
        self.taken.append(body)
        return FINE[self.kind]()

    @property
    def texts(self) -> list[str]:
        """What people see."""
        return [TEXTS[self.kind](body) for body in self.taken]


def said(**given: object) -> Response:
    return Response(json.dumps(given), content_type="application/json")


def dingtalk(request: Request, body: dict) -> Response | None:
    stamp, sign = request.args.get("timestamp", "0"), request.args.get("sign", "")
    digest = hmac.digest(SIGNING_KEY.encode(), f"{stamp}\n{SIGNING_KEY}".encode(), "sha256")
    if request.args.get("access_token") != "token":
        return said(errcode=300001, errmsg="token is not exist")
    if abs(time.time() * 1000 - int(stamp)) > HOUR * 1000:
        return said(errcode=310000, errmsg="invalid timestamp")
    if sign != base64.b64encode(digest).decode():
        return said(errcode=310000, errmsg="sign not match")
    return None if body["msgtype"] == "text" else said(errcode=40035, errmsg="bad parameter")


def feishu(request: Request, body: dict) -> Response | None:
    stamp = body.get("timestamp", "0")
    keyed = hmac.new(f"{stamp}\n{SIGNING_KEY}".encode(), digestmod=hashlib.sha256).digest()
    late = abs(time.time() - int(stamp)) > HOUR
    if late or body.get("sign") != base64.b64encode(keyed).decode():
        return said(code=19021, msg="sign match fail or timestamp is not within one hour")
    return None if body["msg_type"] == "text" else said(code=9499, msg="Bad Request")


def wecom(request: Request, body: dict) -> Response | None:
    if request.args.get("key") != "token":
        return said(errcode=93000, errmsg="invalid webhook url")
    if len(body["text"]["content"].encode()) > 2048:
        return said(errcode=40058, errmsg="text.content exceed max length 2048")
    return None


def slack(request: Request, body: dict) -> Response | None:
    return None if body.get("text") else Response("no_text", status=400)


def pagerduty(request: Request, body: dict) -> Response | None:
    wrong = []
    if body.get("routing_key") != ROUTING_KEY:
        wrong.append("'routing_key' is invalid")
    if body.get("event_action") not in ("trigger", "acknowledge", "resolve"):
        wrong.append("'event_action' is invalid")
    if not 0 < len(body.get("dedup_key", "")) <= 255:
        wrong.append("'dedup_key' is too long")
    if body.get("event_action") == "trigger":
        payload = body["payload"]
        if not 0 < len(payload["summary"]) <= 1024 or not payload["source"]:
            wrong.append("'payload' is incomplete")
        if payload["severity"] not in ("critical", "error", "warning", "info"):
            wrong.append("'payload.severity' is invalid")
    if not wrong:
        return None
    reply = said(status="invalid event", message="Event object is invalid", errors=wrong)
    reply.status_code = 400
    return reply


CHECKS = {
    "dingtalk": dingtalk,
    "feishu": feishu,
    "wecom": wecom,
    "slack": slack,
    "pagerduty": pagerduty,
}
FINE = {
    "dingtalk": lambda: said(errcode=0, errmsg="ok"),
    "feishu": lambda: said(StatusCode=0, StatusMessage="success", code=0, data={}, msg="success"),
    "wecom": lambda: said(errcode=0, errmsg="ok"),
    "slack": lambda: Response("ok"),
    "pagerduty": lambda: Response(
        '{"status": "success", "message": "Event processed", "dedup_key": "x"}', status=202
    ),
}
TEXTS = {
    "dingtalk": lambda body: body["text"]["content"],
    "feishu": lambda body: body["content"]["text"],
    "wecom": lambda body: body["text"]["content"],
    "slack": lambda body: body["text"],
    "pagerduty": lambda body: json.dumps(body.get("payload", ""), ensure_ascii=False),
}
