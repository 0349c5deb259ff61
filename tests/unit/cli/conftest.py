"""Command lines, run in this process."""

import sys

import pytest

from throughline import cli


@pytest.fixture
def throughline(monkeypatch, capsys):
    """Run a command line in this process; returns exit code, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["throughline", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.app()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run
