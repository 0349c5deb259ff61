"""Feishu or Lark robot, signed: the signature stands in the body."""

import base64
import hashlib
import hmac
import time

from throughline.alerts import message
from throughline.alerts.outbox import Due
from throughline.alerts.senders import posting
from throughline.settings import Settings
from throughline.settings_alerts import Channel

TOO_FAST = (9499, 11232)


def send(settings: Settings, channel: Channel, due: Due) -> str:
    """Post one message and return status and body as receipt.

    Raises:
        SendError: it was not taken; a 200 with a code other than 0 is that too.
    """
    body = {"msg_type": "text", "content": {"text": message.text(due)}}
    url = posting.secret(settings, channel.url_env)
    if channel.secret_env:
        body |= signed(posting.secret(settings, channel.secret_env), int(time.time()))
    reply = posting.post(url, posting.encoded(body), channel.url_env or "")
    return posting.expect_code(reply, "code", TOO_FAST)


def signed(secret: str, seconds: int) -> dict[str, str]:
    """Timestamp and signature: HMAC-SHA256 by timestamp, newline, secret of nothing; base64."""
    digest = hmac.new(f"{seconds}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return {"timestamp": str(seconds), "sign": base64.b64encode(digest).decode()}
