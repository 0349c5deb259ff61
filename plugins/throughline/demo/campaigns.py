"""Marketing's own records, exported once when history ended: events, campaign pages, content."""

from pathlib import Path
from typing import Any

from throughline.demo import (
    exports,
    fairs,
    leak,
    maturity,
    pages,
    paths,
    plans,
    priority,
    searches,
    shares,
)
from throughline.demo.crowd import Seen, gather
from throughline.demo.ledger import Ledger
from throughline.demo.world import World

CAMPAIGNS = {
    "events.csv": "event_id,name,type,city,start_at,end_at,status,campaign_id",
    "registrations.csv": "event_id,person_key,registered_at,checked_in_at,walk_in,company_name,"
                         "title,phone,email",
    "interactions.csv": "id,event_id,person_key,ts,kind",
    "event_costs.csv": "event_id,cost_line,kind,date,channel_id,amount,currency",
    "budgets.csv": "channel_id,month,budget,currency,min_share,max_share",
    "downloads.csv.gz": "store,channel_pkg,date,downloads,channel_id",
    "offices.csv": "address,valid_from,company_name,domain,kind,confidence",
    **pages.HEADERS,
}  # fmt: skip
CONTENT = {
    "contents.csv": "content_id,type,title,topic,industry,url_path,published_at",
    "content_events.csv.gz": "event_id,content_id,anonymous_id,event_time,received_at,kind,"
                             "share_id,dwell_seconds,site_id",
    "search_terms.csv.gz": "event_id,anonymous_id,event_time,received_at,term,source,results_cnt,"
                           "clicked_url,site_id",
    "staff_tasks.csv": "task_id,staff_id,type,mode,content_id,assigned_at,due_at,done_at,required",
    "links.csv": "short_code,url,utm_source,utm_medium,utm_campaign,placement,staff_id,active_from",
    "link_clicks.csv.gz": "click_id,short_code,ts,kind,anonymous_id",
}  # fmt: skip


def tell(ledger: Ledger, world: World) -> None:
    """Tell what the CRM knows of the people who are met here."""
    fairs.tell(ledger, world)
    paths.tell(ledger, world)
    priority.tell(ledger, world)
    maturity.tell(ledger, world)


def write(folder: Path, world: World, seen: list[Seen]) -> dict[str, Any]:
    """Write the exports below `campaigns/` and `content/` where there are none; returns the truth.

    `seen`: visitors of the site, in the order of the story.
    """
    rows = exports.blank(CAMPAIGNS | CONTENT)
    crowd = gather(world, seen, searches.LEFT + shares.LEFT, searches.OTHERS + shares.OTHERS)
    truth = {
        "fairs": fairs.export(world, rows),
        "paths": paths.export(world, rows),
        "leak": leak.export(world, rows),
        "priority": priority.export(world, rows),
        "searches": searches.export(rows, crowd),
        "shares": shares.export(world, rows, crowd),
        "maturity": maturity.export(world, rows),
    }
    plans.export(world, rows)
    exports.write(folder / "campaigns", CAMPAIGNS, rows)
    exports.write(folder / "content", CONTENT, rows)
    return truth
