"""The keys of a file stream in `source.yml`: where the files appear, and how they are written."""

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from throughline.settings_alerts import Section
from throughline.settings_sections import expanded

_PLACEHOLDER = re.compile(r"\{[^{}/]*\}")


class FileStream(Section):
    """Files that appear under a path; `{date}` and `{until}` in it name the window.

    The path may be a URL such as s3://bucket/…; `connection` then holds the key to it.
    """

    way: Literal["files"]
    path: str
    connection: str | None = None
    format: Literal["csv", "tsv", "jsonl", "json", "parquet", "xlsx"]
    compression: Literal["auto", "gzip", "zstd", "zip", "none"] = "auto"
    sheet: str | None = None
    encoding: str = "utf-8"
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    header: bool = True
    columns: tuple[str, ...] = ()
    control: Literal["none", "sha256"] = "none"
    final_newline: bool = True
    empty_ok: bool = False

    @field_validator("path")
    @classmethod
    def _can_be_looked_for(cls, value: str) -> str:
        unknown = sorted({*_PLACEHOLDER.findall(value)} - {"{home}", "{date}", "{until}"})
        if unknown:
            raise ValueError(f"{', '.join(unknown)} is none of {{home}}, {{date}}, {{until}}")
        if "{until}" in value and "{date}" not in value:
            raise ValueError("{until} ends a span that begins with {date}; a single day is {date}")
        return str(expanded(Path(value))) if value.startswith("~") else value

    @field_validator("encoding")
    @classmethod
    def _encoding_exists(cls, value: str) -> str:
        try:
            "".encode(value)
        except LookupError as error:
            raise ValueError(f"{value!r} is no encoding of text such as utf-16, gb18030") from error
        return value

    @property
    def separator(self) -> str:
        """Character between two cells of a text table."""
        return self.delimiter or ("\t" if self.format == "tsv" else ",")
