"""Send what is due: once per call and message, with receipts, waiting longer after each failure."""

import logging
import random
import time
from dataclasses import dataclass
from typing import Any

from throughline import fault
from throughline.alerts import ledger, outbox, routes, spool
from throughline.alerts.incident import Incident, Recovery
from throughline.alerts.senders import SendError, chosen
from throughline.settings import Settings

log = logging.getLogger(__name__)

TRIES_BEFORE_BACKUP = 3
FIRST_WAIT, LONGEST_WAIT = 5.0, 120.0
"""Seconds; the longest one keeps delivery within five minutes of an endpoint's recovery."""


@dataclass(frozen=True)
class Delivery:
    """What one call did; `waiting` messages are left for a later one, `spooled` reports too."""

    sent: int = 0
    failed: int = 0
    waiting: int = 0
    drained: int = 0
    spooled: int = 0
    problem: str = ""


def deliver(settings: Settings, budget_seconds: float = 60) -> Delivery:
    """Drain the spool and try every due message once; an unreachable database is a `problem`.

    No further message is begun after `budget_seconds`; the next call goes on. At least once: a
    sender killed between sending and marking sends again, under the same idempotency key. Safe to
    run in several processes at a time.
    """
    drained = sent = failed = 0
    try:
        with outbox.connect(settings) as connection:
            drained = _drain(settings, connection)
            sent, failed = _send_due(settings, connection, time.monotonic() + budget_seconds)
            left = outbox.waiting(connection)
        return Delivery(sent, failed, left, drained, spool.count(settings))
    except outbox.unreachable() as error:
        log.warning("alerts wait: %s", error)
        return Delivery(sent, failed, 0, drained, spool.count(settings), str(error))


def apply(connection: Any, settings: Settings, report: Incident | Recovery) -> None:
    """Enter one report into the ledger."""
    if isinstance(report, Recovery):
        ledger.recover(connection, settings, report)
    else:
        ledger.record(connection, settings, report)


def _drain(settings: Settings, connection: Any) -> int:
    if not spool.count(settings) or not outbox.lock_spool(connection):
        return 0
    count = 0
    for path, report in spool.waiting(settings):
        apply(connection, settings, report)
        path.unlink(missing_ok=True)
        count += 1
    return count


def _send_due(settings: Settings, connection: Any, until: float) -> tuple[int, int]:
    tried: list[int] = []
    sent = 0
    kept_apart = routes.stateful(settings)

    def next_one() -> outbox.Due | None:
        return outbox.take(connection, tried, lambda channel: channel not in kept_apart)

    while time.monotonic() < until and (due := next_one()) is not None:
        tried += [one.message_id for one in due.together]
        sent += len(due.together) if _send(settings, connection, due) else 0
    return sent, len(tried) - sent


def _send(settings: Settings, connection: Any, due: outbox.Due) -> bool:
    try:
        fault.point("alerts.send.before")
        receipt = chosen.send(settings, due)
        fault.point("alerts.send.after")
    except Exception as error:  # one message that cannot be sent must not stop the others
        asked = error.retry_after if isinstance(error, SendError) else None
        wait = max(asked or 0.0, _backoff(due.attempts))
        log.warning("%s refused message %s: %s", due.channel, due.message_id, error)
        others = {one.message_id: _backup(settings, one) for one in due.together}
        backups = {key: channel for key, channel in others.items() if channel}
        outbox.mark_failed(connection, due, str(error), wait, backups)
        return False
    outbox.mark_sent(connection, due, receipt)
    return True


def _backup(settings: Settings, due: outbox.Due) -> str | None:
    """The channel to tell as well, now that this one refused news of an open incident so often."""
    is_news = due.event in ("opened", "flapping") and due.ended_at is None
    if due.attempts + 1 < TRIES_BEFORE_BACKUP or not is_news:
        return None
    return routes.backup(settings, due.incident.owner)


def _backoff(attempts: int) -> float:
    wait = min(FIRST_WAIT * 2.0 ** min(attempts, 10), LONGEST_WAIT)
    return wait * random.uniform(0.5, 1.0)
