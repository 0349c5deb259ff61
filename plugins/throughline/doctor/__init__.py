"""What is missing or misconfigured, in plain words, each with how to mend it.

One function per subject; each returns findings and never raises.
"""

import sys
from collections.abc import Callable

from throughline.doctor import configuration, machine
from throughline.doctor.finding import Finding
from throughline.errors import ConfigError
from throughline.settings import Settings, load_settings

__all__ = ["Finding", "examine"]

SUBJECTS: tuple[Callable[[Settings], list[Finding]], ...] = (
    machine.home,
    machine.room,
    configuration.pii_key,
    configuration.sources,
    configuration.schedule,
    configuration.variables,
    configuration.alerts,
    machine.database,
    machine.processes,
    machine.ports,
    configuration.release,
)


def examine() -> list[Finding]:
    """Look at everything; an unreadable configuration ends the examination there."""
    found = machine.python_version(sys.version_info[:2])
    try:
        settings = load_settings()
    except ConfigError as error:
        mend = "correct the key that is named, or remove it: every key has a default"
        return [*found, Finding("configuration", "error", str(error), mend)]
    for subject in SUBJECTS:
        found += subject(settings)
    return found
