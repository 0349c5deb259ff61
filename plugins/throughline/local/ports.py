"""Find TCP ports of this machine that nobody uses."""

import socket
from contextlib import ExitStack, closing


def free_ports(count: int) -> list[int]:
    """Return distinct free ports of the loopback interface, all held at once while chosen."""
    with ExitStack() as held:
        return [_hold(held) for _ in range(count)]


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this port of the loopback interface."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _hold(held: ExitStack) -> int:
    probe = held.enter_context(closing(socket.socket()))
    probe.bind(("127.0.0.1", 0))
    return int(probe.getsockname()[1])
