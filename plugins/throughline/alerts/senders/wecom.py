"""WeCom robot: the key stands in its address, a text has at most 2048 bytes."""

from throughline.alerts import message
from throughline.alerts.outbox import Due
from throughline.alerts.senders import posting
from throughline.settings import Settings
from throughline.settings_alerts import Channel

TOO_FAST = (45009,)
MOST_BYTES = 2048


def send(settings: Settings, channel: Channel, due: Due) -> str:
    """Post one message and return status and body as receipt.

    Raises:
        SendError: it was not taken; a 200 with an errcode other than 0 is that too.
    """
    text = message.text(due).encode()[:MOST_BYTES].decode(errors="ignore")
    body = {"msgtype": "text", "text": {"content": text, "mentioned_list": []}}
    url = posting.secret(settings, channel.url_env)
    reply = posting.post(url, posting.encoded(body), channel.url_env or "")
    return posting.expect_code(reply, "errcode", TOO_FAST)
