"""Expectations of our own: what no look at one relation alone can tell.

They stand in the suites beside those of Great Expectations and are as strict about their keys.
"""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

ROWS_LIKE_WEEKDAY = "expect_batch_rows_like_same_weekday"
AMOUNT_LIKE_WEEKDAY = "expect_batch_amount_like_same_weekday"
FEW_REJECTS = "expect_batch_rejects_to_be_few"
BATCH_FRESH = "expect_batch_dates_to_reach_window_end"
ROWS_LIKE_RELEASES = "expect_table_rows_like_releases"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Likeness(_Strict):
    """How far a number may lie from the median of earlier ones.

    Allowed is the largest of `deviations` robust standard deviations (MAD times 1.4826), the share
    `within` of the median, and `at_least`, in units of the number. Fewer than `enough` earlier
    ones: warming up. Only the newest `most` are looked at.
    """

    enough: int = Field(ge=2)
    most: int = Field(ge=2)
    deviations: float = Field(gt=0)
    within: float = Field(gt=0)
    at_least: float = Field(ge=0)


class FewRejects(_Strict):
    """Rejected rows that need no look: up to `ignored`, else both the rows and the share."""

    max_rows: int = Field(ge=0)
    max_share: float = Field(ge=0, le=1)
    ignored: int = Field(ge=0)


class Reach(_Strict):
    """Days that the newest business date of a batch may lie before the end of its window."""

    max_days_behind: int = Field(ge=0)


@dataclass(frozen=True)
class OwnType:
    """One type: its arguments, and the kind of layer where it means something."""

    arguments: type[_Strict]
    of_batch: bool


OWN = {
    ROWS_LIKE_WEEKDAY: OwnType(Likeness, True),
    AMOUNT_LIKE_WEEKDAY: OwnType(Likeness, True),
    FEW_REJECTS: OwnType(FewRejects, True),
    BATCH_FRESH: OwnType(Reach, True),
    ROWS_LIKE_RELEASES: OwnType(Likeness, False),
}


def complaint(type_: str, arguments: dict[str, object], layer: str) -> str | None:
    """What is wrong with an expectation of ours in a suite of `layer`; None when nothing is."""
    own = OWN.get(type_)
    if own is None:
        return None
    if own.of_batch != (layer == "input"):
        return f"{type_} belongs in suites of {'input' if own.of_batch else 'stages'}"
    try:
        own.arguments.model_validate(arguments)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        return f"{type_}: kwargs.{key}: {first['msg']}"
    return None
