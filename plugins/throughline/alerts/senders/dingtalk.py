"""DingTalk robot, signed: the signature stands in the query, encoded once."""

import base64
import hashlib
import hmac
import time

from throughline.alerts import message
from throughline.alerts.outbox import Due
from throughline.alerts.senders import posting
from throughline.settings import Settings
from throughline.settings_alerts import Channel

TOO_FAST = (130101, 410100)


def send(settings: Settings, channel: Channel, due: Due) -> str:
    """Post one message and return status and body as receipt.

    Raises:
        SendError: it was not taken; a 200 with an errcode other than 0 is that too.
    """
    body = {
        "msgtype": "text",
        "text": {"content": message.text(due)},
        "at": {"isAtAll": False, "atMobiles": [], "atUserIds": []},
    }
    url = posting.secret(settings, channel.url_env)
    query = {}
    if channel.secret_env:
        query = signed(posting.secret(settings, channel.secret_env), int(time.time() * 1000))
    reply = posting.post(url, posting.encoded(body), channel.url_env or "", query=query)
    return posting.expect_code(reply, "errcode", TOO_FAST)


def signed(secret: str, milliseconds: int) -> dict[str, str]:
    """Timestamp and signature: HMAC-SHA256 by the secret of timestamp, newline, secret; base64."""
    text = f"{milliseconds}\n{secret}".encode()
    digest = hmac.new(secret.encode(), text, hashlib.sha256).digest()
    return {"timestamp": str(milliseconds), "sign": base64.b64encode(digest).decode()}
