"""Keys of a home, kept apart from its data; without the right one, every person is a stranger."""

from pathlib import Path

from throughline.conform.pii import key_id
from throughline.errors import BackupError
from throughline.keys import private_folder, write_private
from throughline.landing.files import read_json, write_json
from throughline.settings import Settings

PII_KEY = "pii.key"
STAMP = "keys.json"


def key_name(settings: Settings) -> str | None:
    """Name of the key of the personal-data hashes; None before there is one."""
    if settings.pii_key is not None:
        return key_id(settings.pii_key.encode())
    path = settings.home / "secrets" / PII_KEY
    return key_id(path.read_text(encoding="utf-8").strip().encode()) if path.exists() else None


def save(settings: Settings, folder: Path, backup_id: str) -> int:
    """Copy the keys of the home, each readable by its owner only; returns how many.

    A key that comes from the environment stays there.
    """
    private_folder(folder)
    found = sorted(path for path in (settings.home / "secrets").glob("[!.]*") if path.is_file())
    for path in found:
        write_private(folder / path.name, path.read_text(encoding="utf-8"))
    write_json(folder / STAMP, {"backup_id": backup_id, "keys": [path.name for path in found]})
    (folder / STAMP).chmod(0o600)
    return len(found)


def bring_back(folder: Path, home: Path, backup_id: str) -> None:
    """Put saved keys into a home.

    Raises:
        BackupError: they are no keys, of another backup, or not whole.
    """
    if not (folder / STAMP).is_file():
        raise BackupError(f"{folder} holds no {STAMP}: no keys were saved there")
    stamp = read_json(folder / STAMP)
    if stamp["backup_id"] != backup_id:
        raise BackupError(f"the keys in {folder} were saved with another backup")
    private_folder(home / "secrets")
    for name in stamp["keys"]:
        path = folder / Path(name).name
        if not path.is_file():
            raise BackupError(f"{path} is missing; the keys are not whole")
        write_private(home / "secrets" / path.name, path.read_text(encoding="utf-8"))
