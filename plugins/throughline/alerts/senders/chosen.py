"""The sender of a message, chosen by the type of its channel."""

from throughline.alerts.outbox import Due
from throughline.alerts.senders import (
    SendError,
    dingtalk,
    email,
    feishu,
    pagerduty,
    slack,
    webhook,
    wecom,
)
from throughline.settings import Settings

SECTIONS = {"webhook": webhook.send, "email": email.send}
TYPES = {
    "slack": slack.send,
    "dingtalk": dingtalk.send,
    "feishu": feishu.send,
    "wecom": wecom.send,
    "pagerduty": pagerduty.send,
}


def send(settings: Settings, due: Due) -> str:
    """Send one message and return the receipt.

    Raises:
        SendError: it was not taken, or the channel is no longer configured.
    """
    if due.channel in SECTIONS:
        return SECTIONS[due.channel](settings, due)
    channel = settings.alerts.channels.get(due.channel)
    if channel is None:
        raise SendError(f"alerts.channels.{due.channel} is no longer configured")
    return TYPES[channel.type](settings, channel, due)
