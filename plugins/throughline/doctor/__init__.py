"""What is missing or misconfigured, in plain words, each with how to mend it.

One function per subject; each returns findings, and one that cannot look is a finding itself.
"""

import sys
from collections.abc import Callable

from throughline.doctor import configuration, machine
from throughline.doctor.finding import Finding
from throughline.errors import ConfigError, ThroughlineError
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
        try:
            found += subject(settings)
        except (ThroughlineError, OSError, ValueError) as error:
            name = subject.__name__.replace("_", " ")
            mend = f"correct what is named; it may lie in {settings.home}"
            found.append(Finding(name, "error", f"cannot be looked at: {error}", mend))
    return found
