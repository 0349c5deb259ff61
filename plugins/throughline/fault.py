"""Kill points at every step edge, for tests that break the night on purpose.

`THROUGHLINE_FAULT` decides what a point does; without it a point does nothing:

- `record:<file>`: append the point's name to the file, in the order reached
- `<name>:kill`: the process kills itself (SIGKILL) when it reaches that point
- `<name>:stop`: the process stops itself (SIGSTOP), as a zombie that wakes up later would
"""

import os
import signal
from pathlib import Path

from throughline.settings import fault_order


def point(name: str) -> None:
    """Mark a step edge; `name` is `<module>.<step>`."""
    order = fault_order()
    if not order:
        return
    if order.startswith("record:"):
        with Path(order.removeprefix("record:")).open("a", encoding="utf-8") as file:
            file.write(name + "\n")
        return
    wanted, _, deed = order.rpartition(":")
    if wanted == name:
        os.kill(os.getpid(), signal.SIGSTOP if deed == "stop" else signal.SIGKILL)
