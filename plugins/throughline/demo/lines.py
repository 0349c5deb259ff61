"""How a row of a story looks in its source system's own file format: one text line each."""

import json
from datetime import date
from typing import Any

from throughline.demo.endpoints import OWN
from throughline.demo.times import iso, local

SITE = "https://www.throughline.example"
BROWSER = "Mozilla/5.0 (Windows NT 10.0) Chrome/126"
PROGRAM = "partner-sdk/1.4"


def pageview(row: tuple) -> str:
    """A Segment `page` call."""
    identifier, visitor, happened, received, path, module, referrer, utm, leave = row
    _, os, browser, width, height, agent = visitor.device
    user = f'"userId":"{visitor.user_id}",' if visitor.user_id and not referrer else ""
    left = f',"leave_ts":"{iso(leave)}"' if leave else ""
    query = f"?utm_source={utm[0].strip()}" if utm else ""
    return (
        f'{{"type":"page","messageId":"{identifier}","anonymousId":"{visitor.cookie}",{user}'
        f'"timestamp":"{iso(happened)}","receivedAt":"{iso(received)}","context":{{'
        f'"ip":"{visitor.ip}","userAgent":"{agent}",{_campaign(utm)}"os":{{"name":"{os}"}},'
        f'"device":{{"type":"{visitor.device[0]}"}},"screen":{{"width":{width},"height":{height}}}}},'
        f'"properties":{{"url":"{SITE}{path}{query}","path":"{path}","title":"{module}",'
        f'"referrer":"{referrer}","site_id":"www","module":"{module}","browser":"{browser}"{left}}}}}'
    )


def _campaign(utm: tuple | None) -> str:
    if utm is None:
        return ""
    term = f',"term":"{utm[3]}"' if utm[3] else ""
    return f'"campaign":{{"source":"{utm[0]}","medium":"{utm[1]}","name":"{utm[2]}"{term}}},'


def form(row: tuple) -> str:
    """A Segment `track` call "Form Submitted"."""
    identifier, visitor, happened, received, kind, left = row
    return json.dumps({
        "type": "track", "event": "Form Submitted", "messageId": identifier,
        "anonymousId": visitor.cookie, "timestamp": iso(happened), "receivedAt": iso(received),
        "context": {"ip": visitor.ip, "page": {"path": f"/{kind}"}},
        "properties": {"form_id": f"form-{kind}", "form_type": kind, "site_id": "www", **left},
    }, ensure_ascii=False)  # fmt: skip


def app_event(row: tuple) -> str:
    """A Sensors Analytics record."""
    (_, track, kind, name, happened, received, tenant, employee, duration, cookie, ip) = row
    if tenant is None:
        return _outside(track, kind, name, happened, received, employee, cookie, ip)
    anonymous = cookie or employee.device
    original = f'"original_id":"{anonymous}",' if kind == "track_signup" else ""
    event = f'"event":"{name}",' if name else ""
    lasted = f',"$event_duration":{duration}' if duration is not None else ""
    utm = ',"$latest_utm_source":"baidu"' if cookie and track % 9 == 0 else ""
    return (
        f'{{"_track_id":{track},"distinct_id":"{employee.login}","anonymous_id":"{anonymous}",'
        f'"login_id":"{employee.login}",{original}"time":{happened},"type":"{kind}",{event}'
        f'"project":"production","recv_time":{received},'
        f'"lib":{{"$lib":"js","$lib_version":"1.26.3"}},'
        f'"identities":{{"$identity_login_id":"{employee.login}",'
        f'"$identity_cookie_id":"{anonymous}"}},'
        f'"properties":{{"$app_version":"3.2.1","$os":"Windows","$ip":"{ip or "100.70.1.9"}",'
        f'"$is_first_day":false,"$device_id":"{employee.device}","company_id":"{tenant}",'
        f'"employee_id":"{employee.employee_id}"{lasted}{utm}}}}}'
    )


def _outside(track, kind, name, happened, received, employee, cookie, ip) -> str:
    """A record of nobody's tenant, and of nobody where no login is known."""
    who = {"login_id": employee.login} if employee.login else {}
    return json.dumps({
        "_track_id": track, "distinct_id": employee.login or cookie, "anonymous_id": cookie, **who,
        "time": happened, "type": kind, "event": name, "project": "production",
        "recv_time": received, "lib": {"$lib": "js", "$lib_version": "1.26.3"},
        "properties": {"$app_version": "3.2.1", "$os": "Windows", "$ip": ip,
                       "$device_id": employee.device},
    }, separators=(",", ":"))  # fmt: skip


def api_request(row: tuple) -> str:
    """A line of the gateway's access log."""
    identifier, second, method, path, tenant, employee, endpoint, number = row
    status = 500 if number % 200 == 3 else 404 if number % 100 == 1 else 200
    value = f"{number % 100_000 / 100:.2f}" if endpoint == OWN["create_quote"] else ""
    query = f"?page={number % 7}" if endpoint.endswith(".list") else ""
    who = (employee.employee_id, employee.login, BROWSER) if employee else ("", "", PROGRAM)
    return (
        f'{{"request_id":"{identifier}","ts":"{local(second).replace(" ", "T")}+08:00",'
        f'"method":"{method}","uri":"{path}{query}","status":"{status}",'
        f'"request_time":"0.{number % 900 + 4:03d}","client":"{who[2]}","ip":"100.70.1.9",'
        f'"company_id":"{tenant}","employee_id":"{who[0]}","login_id":"{who[1]}",'
        f'"product_version":"3.2.1","line":"{path.split("/")[2]}","event_value":"{value}"}}'
    )


def company_account(row: tuple) -> str:
    """A tenant's row as the product exports it; instants as epoch seconds."""
    return json.dumps(row[1], ensure_ascii=False)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def cdr(row: tuple) -> str:
    """A call record; instants in Shanghai wall clock."""
    cells = list(row[1:])
    cells[5:9] = [local(cell) for cell in cells[5:9]]
    return ",".join(map(_text, cells))


def disposition(row: tuple) -> str:
    """An agent's note."""
    cells = list(row[1:])
    cells[12], cells[15] = local(cells[12]), local(cells[15])
    return ",".join(map(_text, cells))


def support(row: tuple) -> str:
    """A support case."""
    cells = list(row[1:])
    cells[4:6] = [local(cell) for cell in cells[4:6]]
    return ",".join(map(_text, cells))


def company_day(row: tuple) -> str:
    """Seats of a tenant on a day."""
    tenant, day, opened, closed, purchased, admins = row[1:]
    return f"{tenant},{date.fromordinal(day)},{opened},{closed},{purchased},{admins}"


def employee(row: tuple) -> str:
    """An employee account."""
    tenant, identifier, login, opened, closed, role, updated = row[1:]
    return f"{tenant},{identifier},{login},{local(opened)},{local(closed)},{role},{local(updated)}"


def plain(row: tuple) -> str:
    """Cells as they are."""
    return ",".join(map(_text, row[1:]))


def baidu(row: tuple) -> str:
    """A row of Baidu's search promotion report, in its own words."""
    _, campaign, device, day, impressions, clicks, cost = row
    return (
        f"{date.fromordinal(day)},bd-8801,{campaign},{campaign}计划,{campaign}-u1,单元一,"
        f"{campaign}-k1,进销存软件,短语,{device},{impressions},{clicks},{cost:.2f}"
    )


def tencent(row: tuple) -> str:
    """A row of Tencent's daily report; cost in fen, a hundredth of a yuan."""
    _, campaign, _, day, impressions, clicks, cost = row
    cents = round(cost * 100)
    return f"{date.fromordinal(day)},tx-5501,{campaign},{campaign},{impressions},{clicks},{cents}"


def dsp(row: tuple) -> str:
    """A row of the DSP's report, tab separated."""
    _, campaign, _, day, impressions, clicks, cost = row
    cells = (
        f"{date.fromordinal(day):%Y%m%d}",
        "dx-1",
        campaign,
        impressions,
        clicks,
        f"{cost:.2f}",
    )
    return "\t".join(map(str, cells)) + "\tCNY"
