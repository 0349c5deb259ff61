"""The keys of a REST stream in `source.yml`: endpoint, sign-in, pages, increments, limits."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from throughline.settings_alerts import Section

LOWER = "{lower}"
UPPER = "{upper}"
_HOST = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?(/.*)?")
Scalar = str | int | float | bool
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
HeaderText = Annotated[str, Field(pattern=r"^([!-~]([ -~]*[!-~])?)?$")]


class NoAuth(Section):
    """The endpoint is open."""

    type: Literal["none"]


class Bearer(Section):
    """The connection's password as bearer token."""

    type: Literal["bearer"]


class Basic(Section):
    """The connection's login and password."""

    type: Literal["basic"]


class HeaderKey(Section):
    """The connection's password as an API key in a header of this name, after `prefix`."""

    type: Literal["header"]
    name: HeaderName
    prefix: str = Field(default="", pattern=r"^([!-~][ -~]*)?$")


class ClientCredentials(Section):
    """OAuth2: the connection's login and password are client id and secret at `token_url`."""

    type: Literal["oauth2"]
    token_url: str
    scope: str | None = None

    @field_validator("token_url")
    @classmethod
    def _url_shape(cls, value: str) -> str:
        if not value.startswith("/") and not _HOST.fullmatch(value):
            raise ValueError(f"{value!r} is neither a path nor a URL")
        return value


Auth = Annotated[
    NoAuth | Bearer | Basic | HeaderKey | ClientCredentials, Field(discriminator="type")
]


class OnePage(Section):
    """Everything comes with one request."""

    type: Literal["none"] = "none"


class CursorPages(Section):
    """Each page names the next one at `next`, sent back as `param`; no name is the end.

    Where the last page has one too, a false `more` or a true `done` says that it is the last.
    `most` is the number of records after which the vendor goes no further: the read then begins
    again at the newest increment seen, so records must come in its order.
    """

    type: Literal["cursor"]
    param: str
    next: str
    more: str | None = None
    done: str | None = None
    most: int | None = Field(default=None, ge=1)


class NumberedPages(Section):
    """Pages are counted from `first`; an empty page, or a false `more`, is the end."""

    type: Literal["page"]
    param: str = "page"
    first: int = Field(default=1, ge=0)
    more: str | None = None


class OffsetPages(Section):
    """Records are counted; an empty page, or a false `more`, is the end."""

    type: Literal["offset"]
    param: str = "offset"
    more: str | None = None


class LinkedPages(Section):
    """The next URL stands in the `Link` header, or in the body at `next`."""

    type: Literal["link"]
    next: str | None = None


class KeysetPages(Section):
    """The last record's `field` is sent as `param`; `more`, or a page with nothing new, ends it."""

    type: Literal["keyset"]
    param: str
    field: str
    more: str | None = None


Pagination = Annotated[
    OnePage | CursorPages | NumberedPages | OffsetPages | LinkedPages | KeysetPages,
    Field(discriminator="type"),
]


class Incremental(Section):
    """Only what changed: `field` of a record tells when, `{lower}` and `{upper}` ask for it.

    `{lower}` is inclusive and goes `lag_hours` back behind the newest change of earlier nights,
    `{upper}` is the first instant after the night. `first` is where the first night begins. In a
    body, an epoch that is a whole value is a number.
    """

    field: str
    format: Literal["iso", "epoch", "epoch_ms", "date"] = "iso"
    lag_hours: float = Field(default=1, ge=0)
    first: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    @field_validator("first")
    @classmethod
    def _has_zone(cls, value: datetime) -> datetime:
        return value if value.tzinfo else value.replace(tzinfo=UTC)


class Limits(Section):
    """Where a read stops and complains, instead of going on for ever."""

    pages: int = Field(default=100_000, ge=1)
    page_megabytes: float = Field(default=50, gt=0)
    ratio: float = Field(default=100, gt=1)
    minutes: float = Field(default=90, gt=0)
    page_seconds: float = Field(default=120, gt=0)
    attempts: int = Field(default=6, ge=1)
    retry_seconds: float = Field(default=600, ge=0)
    wait_seconds: float = Field(default=120, ge=0)


class RestStream(Section):
    """One endpoint of a JSON API; host and secret come from the Airflow connection."""

    way: Literal["rest"]
    connection: str
    path: str = Field(pattern=r"^/[^?#]*$")
    method: Literal["GET", "POST"] = "GET"
    params: dict[str, Scalar] = Field(default_factory=dict)
    body: dict[str, Any] | None = None
    headers: dict[HeaderName, HeaderText] = Field(default_factory=dict)
    auth: Auth
    records: str = ""
    key: tuple[str, ...] = Field(min_length=1)
    pagination: Pagination = OnePage()
    incremental: Incremental | None = None
    per_second: float = Field(default=5, gt=0)
    private_network: bool = False
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _agrees(self) -> "RestStream":
        asked = LOWER in str(self.params) + str(self.body)
        if asked != (self.incremental is not None):
            raise ValueError(f"incremental and {LOWER} in params or body need each other")
        if UPPER in str(self.params) + str(self.body) and self.incremental is None:
            raise ValueError(f"{UPPER} needs incremental")
        if (self.body is not None) != (self.method == "POST"):
            raise ValueError("method POST needs a body, GET has none")
        if self.incremental is None and getattr(self.pagination, "most", None) is not None:
            raise ValueError("pagination.most needs incremental")
        return self

    @property
    def format(self) -> Literal["jsonl"]:
        """What landed pages are: one record a line, as received."""
        return "jsonl"

    @property
    def compression(self) -> Literal["gzip"]:
        """How landed records are packed."""
        return "gzip"

    @property
    def encoding(self) -> str:
        """Encoding of landed records."""
        return "utf-8"
