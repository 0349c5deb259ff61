"""A whole installation as one folder of files with their hashes, and back."""

from throughline.backup.restoring import restore
from throughline.backup.taking import Taken, backup

__all__ = ["Taken", "backup", "restore"]
