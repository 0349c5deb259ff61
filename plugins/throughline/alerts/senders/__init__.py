"""The ways out: one function each, `send(settings, due) -> receipt`."""


class SendError(Exception):
    """A message was not taken; `retry_after` are the seconds that the receiver asked to wait."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
