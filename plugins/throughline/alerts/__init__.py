"""Incidents and their messages: one incident per fact, one message per incident and channel."""

from throughline.alerts.checks import report_checks
from throughline.alerts.delivery import Delivery, deliver
from throughline.alerts.incidents import report_incident, report_passed

__all__ = ["Delivery", "deliver", "report_checks", "report_incident", "report_passed"]
