"""Sensors Analytics files that the vendor's own SDK writes are mapped to what it was told."""

import logging
import os
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from sensorsanalytics import (
    ConcurrentLoggingConsumer,
    LoggingConsumer,
    SensorsAnalytics,
    SensorsAnalyticsIdentity,
)

from pack_case import installed, taken
from sdk_case import DAY, after, hashed, keep_to_loopback, read

LOGIN = SensorsAnalyticsIdentity(SensorsAnalyticsIdentity.LOGIN_ID, "u-7")
COOKIE = SensorsAnalyticsIdentity("$identity_cookie_id", "c-11")
MOBILE = SensorsAnalyticsIdentity(SensorsAnalyticsIdentity.MOBILE, "13800138000")
EMAILS = [
    SensorsAnalyticsIdentity(SensorsAnalyticsIdentity.EMAIL, f"{name}@b.example")
    for name in ("ann", "bob")
]


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_to_loopback(monkeypatch)


@pytest.fixture(autouse=True)
def restart() -> Iterator[Callable[[], None]]:
    """End what a process ends: LoggingConsumer never takes its handler off the one logger."""
    logger = logging.getLogger("SensorsAnalyticsLogger")

    def end() -> None:
        for handler in list(logger.handlers):
            logger.removeHandler(handler)
            handler.close()

    yield end
    end()


def since_1970(milliseconds: int) -> int:
    return 1772359200000 + milliseconds


def tell_sensors(sdk: SensorsAnalytics) -> None:
    """One call of each kind; what is left out has no time of ours."""
    at = since_1970
    sdk.register_super_properties({"$app_version": "7.1", "company_id": "公司-1"})
    sdk.track("c-9", "ViewProduct", {"$time": at(1), "title": "手机 📱", "on": date(2026, 3, 1)})
    bought = {"company_id": "t1", "employee_id": 31, "$is_first_day": True, "$event_duration": 1.5}
    sdk.track("u-7", "Pay", {"$time": at(2), **bought}, is_login_id=True)
    # A time without a zone is the server's.
    sdk.track("用户-8", "Search", {"$time": after(3.4).astimezone().replace(tzinfo=None)})
    sdk.track_signup("u-7", "c-9", {"$time": at(4), "$project": "trial"})
    sdk.profile_set("u-7", {"$time": at(5), "name": "王"}, is_login_id=True)
    sdk.profile_set_once("c-9", {"$time": at(6), "since": date(2026, 3, 1)})
    sdk.track_by_id("Share", {"$time": at(7)}, COOKIE, LOGIN)
    sdk.track_by_id("Read", {"$time": at(8)}, MOBILE)
    sdk.track_by_id("Read", {"$time": at(9)}, EMAILS[0])
    sdk.track_by_id("Read", {"$time": at(10)}, EMAILS[1], COOKIE)
    sdk.profile_set_by_id({"$time": at(11), "city": "上海"}, LOGIN)
    sdk.profile_increment("u-7", {"visits": 1})
    sdk.profile_append("u-7", {"likes": ["茶"]})
    sdk.profile_unset("u-7", ["name"])
    sdk.profile_delete("u-7")
    sdk.item_set("food", "1", {"price": 3})
    sdk.item_delete("food", "1")
    sdk.unbind(COOKIE)
    # A bond takes its time from the properties of every event, as it takes no others.
    sdk.register_super_properties({"$time": at(12)})
    sdk.bind(LOGIN, COOKIE)


def by_concurrent(prefix: Path, restart: Callable[[], None]) -> date:
    """Write the file of today; the buffer empties on the way."""
    sdk = SensorsAnalytics(ConcurrentLoggingConsumer(str(prefix), bufferSize=3), "production")
    tell_sensors(sdk)
    sdk.close()
    (path,) = prefix.parent.iterdir()
    return date.fromisoformat(path.suffix.removeprefix("."))


def by_logging(prefix: Path, restart: Callable[[], None]) -> date:
    """Write a file, and the first record of a later day, which gives the file its date."""
    sdk = SensorsAnalytics(LoggingConsumer(str(prefix)), "production")
    tell_sensors(sdk)
    sdk.close()
    restart()
    noon = datetime(DAY.year, DAY.month, DAY.day, 12).timestamp()
    os.utime(prefix, (noon, noon))
    later = SensorsAnalytics(LoggingConsumer(str(prefix)), "production")
    later.track("c-10", "OfLater")
    later.close()
    assert {path.name for path in prefix.parent.iterdir()} == {prefix.name, f"{prefix.name}.{DAY}"}
    return DAY


@pytest.mark.parametrize("write", [by_concurrent, by_logging])
def test_sensors_analytics_files_of_the_sdk_are_mapped_as_told(
    tmp_path: Path,
    restart: Callable[[], None],
    write: Callable[[Path, Callable[[], None]], date],
) -> None:
    settings = installed(tmp_path, "sensors_analytics")
    (folder := settings.home / "sensors").mkdir()
    found, errors = taken(settings, "sensors_analytics", write(folder / "web01.log", restart))
    assert errors == []
    batch = found["app_event"]
    # Left out: four operations on profiles, two on items, one bond untied.
    assert (batch.reasons, batch.rejected, batch.not_mapped) == ({}, 0, 7)
    who = ("type", "event", "distinct_id", "anonymous_id", "login_id", "original_id", "company_id")
    logged_in, tenant = ("u-7", None, "u-7", None), "公司-1"
    phone = hashed(settings, "+8613800138000")
    ann, bob = (hashed(settings, email.value) for email in EMAILS)
    assert read(batch, who, "event_time") == [
        ("track", "ViewProduct", "c-9", None, None, None, tenant),
        ("track", "Pay", *logged_in, "t1"),
        ("track", "Search", "用户-8", None, None, None, tenant),
        ("track_signup", "$SignUp", "u-7", "c-9", "u-7", "c-9", tenant),
        ("profile_set", "profile_set", *logged_in, None),
        ("profile_set_once", "profile_set_once", "c-9", None, None, None, None),
        ("track", "Share", "u-7", "c-11", "u-7", None, tenant),
        ("track", "Read", phone, None, None, None, tenant),
        ("track", "Read", ann, None, None, None, tenant),
        ("track", "Read", bob, "c-11", None, None, tenant),
        ("profile_set", "profile_set", *logged_in, None),
        ("track_signup", "$BindID", "u-7", "c-11", "u-7", None, tenant),
    ]
    when = read(batch, ("event_time", "received_at", "project", "lib"), "event_time")
    assert when == [
        (after(number), after(number), "trial" if number == 4 else "production", "python")
        for number in range(1, 13)
    ]
    told = ("employee_id", "is_first_day", "event_duration", "app_version")
    bare = (None, None, None, "7.1")
    assert read(batch, told, "event_time")[:3] == [bare, ("31", True, 1.5, "7.1"), bare]
    assert len(set(read(batch, ("event_id",), "event_time"))) == 12


def test_sensors_analytics_pageview_of_a_server_has_its_login(tmp_path: Path) -> None:
    settings = installed(tmp_path, "sensors_analytics")
    (folder := settings.home / "sensors").mkdir()
    sdk = SensorsAnalytics(consumer := ConcurrentLoggingConsumer(str(folder / "web01.log")))
    page = {"$url": "https://a.example/价格?x=1#y", "$title": "价格"}
    sdk.track("u-7", "$pageview", {"$time": since_1970(1), **page}, is_login_id=True)
    sdk.track_by_id("$pageview", {"$time": since_1970(2), **page}, LOGIN, COOKIE)
    sdk.track_by_id("$pageview", {"$time": since_1970(3), **page}, MOBILE)
    consumer.close()
    day = date.fromisoformat(next(folder.iterdir()).suffix.removeprefix("."))
    batch = taken(settings, "sensors_analytics", day)[0]["pageview"]
    assert (batch.reasons, batch.rejected, batch.not_mapped) == ({}, 0, 0)
    columns = ("event_time", "anonymous_id", "user_id", "url", "url_path", "site_id", "title")
    same = ("https://a.example/价格?x=1", "/价格", "a.example", "价格")
    assert read(batch, columns, "event_time") == [
        (after(1), "u-7", "u-7", *same),
        (after(2), "c-11", "u-7", *same),
        (after(3), hashed(settings, "+8613800138000"), None, *same),
    ]
