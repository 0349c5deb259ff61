"""Open incidents and one incident, read where the state database answers."""

from typing import Annotated, Any

from fastapi import Query

from throughline.alerts import register
from throughline.errors import ThroughlineError
from throughline.page.reading import Here

Resolved = Annotated[bool, Query(alias="all", description="Resolved ones too.")]


def read_incidents(here: Here, resolved: Resolved = False) -> dict[str, Any]:
    """Incidents that are not resolved, critical ones first; all of them when asked for.

    `incidents` is None and `trouble` says what to do where their database does not answer.
    """
    try:
        found = register.incidents(here, resolved)
    except ThroughlineError as error:
        return {"incidents": None, "trouble": str(error), "all": resolved}
    ranked = sorted(found, key=lambda row: (row["status"] == "resolved", row["severity"]))
    return {"incidents": ranked, "trouble": None, "all": resolved}


def read_incident(here: Here, incident_id: int) -> dict[str, Any]:
    """One incident with its history, its parts and its messages.

    Raises:
        NotFoundError: there is no such incident.
        ThroughlineError: the state database does not answer.
    """
    return {"incident": register.incident(here, incident_id)}
