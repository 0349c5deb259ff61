"""Send an alert by SMTP to the address of its owner."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime

from throughline.alerts import message
from throughline.alerts.outbox import Due
from throughline.alerts.senders import SendError
from throughline.errors import ConfigError
from throughline.settings import Settings
from throughline.settings_alerts import Email

TIMEOUT_SECONDS = 10.0


def send(settings: Settings, due: Due) -> str:
    """Send one message and return address and message id as receipt.

    Raises:
        SendError: the server did not take it.
    """
    server = settings.alerts.email
    if server is None:
        raise SendError("alerts.email is no longer configured")
    mail = compose(settings, server, due)
    try:
        with smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS) as session:
            if server.starttls:
                session.starttls(context=ssl.create_default_context())
            if server.credentials_env:
                user, _, password = settings.secret(server.credentials_env).partition(":")
                session.login(user, password)
            session.send_message(mail)
    except (smtplib.SMTPException, OSError, ConfigError) as error:
        raise SendError(f"{server.host}:{server.port}: {error}") from error
    return f"{mail['To']} {mail['Message-ID']}"


def compose(settings: Settings, server: Email, due: Due) -> EmailMessage:
    """Write the mail; its Message-ID is the same on every attempt."""
    incident = due.incident
    mail = EmailMessage()
    mail["From"] = server.sender
    mail["To"] = settings.alerts.owners.get(incident.owner, settings.alerts.default_address)
    mail["Subject"] = message.subject_line(due)
    mail["Date"] = format_datetime(due.ended_at or incident.reported_at)
    mail["Message-ID"] = f"<{due.idempotency_key}@throughline>"
    detail = message.plain(incident.detail, message.LONG)
    mail.set_content(message.text(due) + (f"\n\n{detail}" if detail else "") + "\n")
    return mail
