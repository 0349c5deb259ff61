"""The named errors of the package; each message says what, where and what to do."""


class ThroughlineError(Exception):
    """Base of every error that a user can act on."""


class NotFoundError(ThroughlineError):
    """What was asked for by its name or number does not exist."""


class ConfigError(ThroughlineError):
    """`throughline.yml`, a contract, a source folder or the environment is wrong; names the key."""


class SourceError(ThroughlineError):
    """A source cannot be read: missing, unreachable, refused, corrupt or truncated."""


class ConformError(ThroughlineError):
    """A mapping does not fit its stream or its contract."""


class DamagedError(ThroughlineError):
    """A file of the home is not what was written there; names it."""


class BuildError(ThroughlineError):
    """dbt failed; names the models."""


class CheckFailed(ThroughlineError):
    """A critical check failed; nothing is published."""


class FenceError(ThroughlineError):
    """A newer run took over; this one must not write or publish any more."""


class PublishError(ThroughlineError):
    """A candidate cannot become a release."""


class BackupError(ThroughlineError):
    """A backup cannot be taken, is not whole, or has nowhere to go."""


class RoomError(ThroughlineError):
    """The disk, or the budget of the home folder, has no room for a night."""
