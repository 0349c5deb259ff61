"""One thing that is wrong."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """What is wrong, where, and how to mend it.

    `error`: nights cannot run, alerts cannot arrive or data is in danger. `warning`: worth a look.
    """

    subject: str
    level: Literal["error", "warning"]
    problem: str
    mend: str
