"""Slack incoming webhook: plain text, nothing in it mentions, links or formats."""

from throughline.alerts import message
from throughline.alerts.outbox import Due
from throughline.alerts.senders import SendError, posting
from throughline.settings import Settings
from throughline.settings_alerts import Channel


def send(settings: Settings, channel: Channel, due: Due) -> str:
    """Post one message and return status and body as receipt; Slack says `ok` in plain text.

    Raises:
        SendError: it was not taken.
    """
    body = {
        "text": message.text(due),
        "mrkdwn": False,
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }
    url = posting.secret(settings, channel.url_env)
    reply = posting.post(url, posting.encoded(body), channel.url_env or "")
    if reply.text.strip() != "ok":
        raise SendError(f"refused: {reply.receipt}")
    return reply.receipt
