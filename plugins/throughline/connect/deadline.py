"""The time in which a whole answer must be there, its headers too, however it drips."""

import time
from typing import Any

_OPENED = ("connection.connect_tcp.complete", "connection.start_tls.complete")


class Deadline:
    """A limit of seconds for each answer; of a silence in it, httpx has its own."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end_at = 0.0

    def begin(self) -> None:
        """Let the time of an answer begin."""
        self._end_at = time.monotonic() + self._seconds

    def watch(self, event: str, info: dict[str, Any]) -> None:
        """Bound what is read of a connection; to be told of every event of httpx's `trace`."""
        if event in _OPENED:
            self._bound(info["return_value"])

    def _bound(self, stream: Any) -> None:
        import httpcore

        read = stream.read

        def read_in_time(max_bytes: int, timeout: float | None = None) -> bytes:
            left = self._end_at - time.monotonic()
            try:
                if left > 0:
                    return read(max_bytes, left if timeout is None else min(timeout, left))
            except httpcore.ReadTimeout:
                if time.monotonic() < self._end_at:
                    raise
            said = f"it was not all there after {self._seconds:g} seconds (limits.page_seconds)"
            raise httpcore.ReadTimeout(said)

        stream.read = read_in_time
