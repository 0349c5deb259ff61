"""Work in a forked process that is killed at some instant."""

import os
import signal
import time
from collections.abc import Callable


def kill_after(work: Callable[[], object], seconds: float) -> float | None:
    """Do work in a child and kill it after so long; None, or the seconds it took unharmed."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    begun = time.monotonic()
    while time.monotonic() < begun + seconds:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert status == 0, f"the work failed before it was killed: {status}"
            return time.monotonic() - begun
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None
