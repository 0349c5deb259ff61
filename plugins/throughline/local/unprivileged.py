"""Run a program without root's rights: PostgreSQL refuses to run as root.

As an ordinary user nothing changes. As root the program runs as `nobody`. Where `nobody` may not
enter the folders above the program or the data (a clone below /root, or in a private folder), it
keeps one right of root, to pass file permissions (CAP_DAC_OVERRIDE); no permission on the way is
changed and no user is added.
"""

import ctypes
import os
import pwd
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_DAC_OVERRIDE = 1
_VERSION_3 = 0x20080522
_USER = "nobody"


def owner() -> tuple[int, int] | None:
    """User and group the program runs as; None where it simply runs as we do."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam(_USER)
    return entry.pw_uid, entry.pw_gid


def launch_options(program: Path, folder: Path) -> dict[str, Any]:
    """Options for `subprocess` that drop root's rights for this program on this folder."""
    who = owner()
    if who is None:
        return {}
    plain = {"user": who[0], "group": who[1], "extra_groups": []}
    if _may(program, folder, plain):
        return plain
    return {"preexec_fn": _drop_but_pass_permissions(*who)}


def _may(program: Path, folder: Path, options: dict[str, Any]) -> bool:
    try:
        probe = '"$1" --version && test -w "$2"'
        command = ["sh", "-c", probe, "sh", str(program), str(folder)]
        subprocess.run(command, check=True, capture_output=True, **options)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _drop_but_pass_permissions(uid: int, gid: int) -> Callable[[], None]:
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    rights = 1 << _DAC_OVERRIDE
    data = (ctypes.c_uint32 * 6)(rights, rights, rights, 0, 0, 0)

    def drop() -> None:
        libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
        if libc.capset(header, data) != 0:
            raise OSError(ctypes.get_errno(), "capset")
        if libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _DAC_OVERRIDE, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")

    return drop
