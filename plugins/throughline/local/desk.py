"""The demo's chat desk beside the stack: an API on a free port of the loopback interface."""

import sys

from throughline import keys
from throughline.local import ports, processes
from throughline.local.processes import Process
from throughline.settings import Settings, process_environment


def url(settings: Settings) -> str:
    """URL of the desk with its token; the port is chosen at first use and kept while it is free."""
    path = settings.home / "run" / "desk_port"
    port = int(path.read_text(encoding="utf-8")) if path.exists() else 0
    if not port or not (_is_running(settings) or ports.is_free(port)):
        port = ports.free_ports(1)[0]
        keys.private_folder(path.parent)
        keys.write_private(path, str(port))
    return f"http://desk:{keys.key(settings, 'desk_token')}@127.0.0.1:{port}"


def start(settings: Settings) -> Process:
    """Start the desk; what its file does not hold yet it has from the next request on."""
    variables = process_environment(
        THROUGHLINE_CONFIG=str(settings.config_file),
        THROUGHLINE_HOME=str(settings.home),
        AIRFLOW_CONN_DEMO_DESK=url(settings),
    )
    return processes.start(
        settings, "desk", [sys.executable, "-m", "throughline.demo.desk"], variables
    )


def _is_running(settings: Settings) -> bool:
    known = processes.remembered(settings)
    return any(process.name == "desk" and process.alive for process in known)
