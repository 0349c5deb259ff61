"""Forget what is long over: first the messages and the history of an incident, then itself."""

import logging
from datetime import datetime, timedelta

from throughline.alerts import state
from throughline.settings import Settings

log = logging.getLogger(__name__)

_OVER = "(select incident_id from throughline.incidents where resolved_at < %s)"
_DETAILS = ("outbox", "incident_parts", "incident_events")


def prune(settings: Settings, now: datetime) -> int:
    """Delete what `alerts.keep_*_days` no longer keeps and return the number of rows.

    An incident that is not resolved is kept however old it is; `audit.incidents` of later releases
    lacks those that are forgotten. An unreachable database is left for another day.
    """
    alerts = settings.alerts
    details = now - timedelta(days=alerts.keep_messages_days)
    wholes = now - timedelta(days=max(alerts.keep_incidents_days, alerts.keep_messages_days))
    count = 0
    try:
        with state.connect(settings) as connection:
            for table in _DETAILS:
                sql = f"delete from throughline.{table} where incident_id in {_OVER}"
                count += connection.execute(sql, [details]).rowcount
            sql = "delete from throughline.incidents where resolved_at < %s"
            count += connection.execute(sql, [wholes]).rowcount
    except state.unreachable() as error:
        log.warning("old incidents are kept for now: %s", error)
    return count
