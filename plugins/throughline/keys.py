"""Keys and passwords of this home, made at first use, one file each, readable by the owner only."""

import base64
import os
import secrets
from pathlib import Path

from throughline.settings import Settings

NAMES = ("postgres_password", "jwt_secret", "api_secret", "fernet_key", "desk_token")


def key(settings: Settings, name: str) -> str:
    """Read `<home>/secrets/<name>`; make it (256 random bits, URL-safe) when there is none yet."""
    path = settings.home / "secrets" / name
    if not path.exists():
        private_folder(path.parent)
        text = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        _write_once(path, text)
    return path.read_text(encoding="utf-8").strip()


def private_folder(folder: Path) -> Path:
    """Make a folder that only its owner may enter."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return folder


def write_private(path: Path, text: str) -> None:
    """Replace a file atomically; only its owner may read it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def _write_once(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
