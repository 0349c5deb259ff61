"""What the demo's systems exported once, through conform and staging: as the manifest says."""

import shutil
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

import throughline
from demo_case import connected
from night_case import build_work, rows_of, use_part_of_project
from throughline.demo import end_customers, friends, pilot, shop, success
from throughline.demo.facts import Facts
from throughline.demo.world import World
from throughline.extract import extract_source
from throughline.landing.batches import input_batches
from throughline.settings import Settings, load_settings
from throughline.warehouse import plan

SUNDAY = date(2026, 6, 28)
MONDAY = SUNDAY + timedelta(days=1)
WORLD = World(7, "tiny", date(2026, 4, 1), SUNDAY)
SOURCES = Path(throughline.__file__).parent / "sources"
TENANTS = ("end_customers", "end_customer_days", "end_customer_orders")
STAGED = ("order", "scrm_friend_request", "scrm_friend", "scrm_message", "tag_task", "referral",
          "activity", "im_chat", "csat_response", "feedback", "person_profile", "tag_assignment",
          "tenant_end_customer", "tenant_activity", "tenant_order", "app_event")  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, dict[str, Any], Path]:
    """The exports after two nights, the second one with a sweep; truth; the work file."""
    folder = tmp_path_factory.mktemp("exports")
    for name in ("demo_scrm", "demo_success", "demo_desk"):
        shutil.copytree(SOURCES / name, folder / "sources" / name)
    _part_of(folder / "sources", "demo_product", TENANTS)
    _part_of(folder / "sources", "demo_growth", ("pilot_events",))
    (folder / "throughline.yml").write_text("home: home\nsources_path: [sources]\n")
    settings = load_settings(folder / "throughline.yml")
    facts = _facts()
    truth = shop.write(settings.demo_folder, WORLD, MONDAY)
    truth |= friends.write(settings.demo_folder, WORLD)
    truth |= success.write(settings.demo_folder, WORLD, facts)
    truth |= end_customers.write(settings.demo_folder, WORLD, facts.users)
    truth |= pilot.write(settings.demo_folder, WORLD)
    sources = ("demo_scrm", "demo_success", "demo_desk", "demo_product", "demo_growth")
    with connected(settings, ""):
        for name, night in (*((name, SUNDAY) for name in sources), ("demo_scrm", MONDAY)):
            report = extract_source(settings, name, night)
            assert (report.errors, report.held) == ((), ())
    use_part_of_project(settings, *(f"stg_{name}" for name in STAGED), "late_rows")
    build_work(settings, MONDAY)
    return settings, truth, plan(settings, MONDAY).work_file


def _part_of(folder: Path, name: str, streams: tuple[str, ...]) -> None:
    """A source with some of its streams, and what is made of them."""
    (folder / name).mkdir(parents=True)
    told = yaml.safe_load((SOURCES / name / "source.yml").read_text(encoding="utf-8"))
    told["streams"] = {stream: told["streams"][stream] for stream in streams}
    told["entities"] = {
        entity: spec
        for entity, spec in told["entities"].items()
        if {*spec["streams"]} <= {*streams}
    }
    for entity in told["entities"]:
        shutil.copy(SOURCES / name / f"{entity}.sql", folder / name)
    (folder / name / "source.yml").write_text(yaml.safe_dump(told), encoding="utf-8")


def _facts() -> Facts:
    """Users, leads and contacts of April and May."""
    facts, first = Facts(SUNDAY, vast=False), 1_775_000_000
    for number in range(60):
        second = first + number * 50_000
        facts.users += [(second, f"u-x-{number:04d}-{place}") for place in (1, 2)]
        facts.known["lead_id"].append((second, f"L-x-{number:04d}"))
        facts.known["contact_id"].append((second, f"con-x-{number:04d}"))
    return facts


@pytest.mark.slow
def test_no_row_is_rejected_and_only_the_shop_deletes(made: tuple) -> None:
    settings, truth, _ = made
    found = input_batches(settings)
    assert sum(batch.rejected for batch in found) == 0
    assert {batch.status for batch in found} == {"passed"}
    windows = Counter(batch.window for batch in found)
    read = {"2026-04-01_2026-06-28": 1, "2026-06-28": 1, "swept": 1}  # the shop, the desk
    assert windows == {"snapshot": len(STAGED) - 2, **read}
    (orders,) = truth["files"]["orders"]["windows"].values()
    assert [b.rows for b in found if b.window == "2026-04-01_2026-06-28"] == [orders["accepted"]]


@pytest.mark.slow
def test_orders_that_left_the_shop_without_a_trace_are_deleted_by_the_sweep(made: tuple) -> None:
    _, truth, work = made
    left = rows_of(work, "select order_id from staging.stg_order where order_id like 'so-m-%'")
    gone = truth["orders"]["gone_on"][str(MONDAY)]
    assert len(gone) == 3
    assert {name for (name,) in left} == {f"so-m-{n}" for n in range(9)} - {*gone}


@pytest.mark.slow
def test_thresholds_and_classes_of_customers_are_as_planted(made: tuple) -> None:
    """T15: quartiles of what was spent, and the class of every customer (D30, D31)."""
    _, truth, work = made
    said = truth["orders"]
    paid = """
        select customer_uid, count(*) as f, sum(amount - coalesce(refund_amount, 0)) as m,
            date '2026-06-28' - max((paid_at at time zone 'Asia/Shanghai')::date) as r
        from staging.stg_order where customer_uid is not null and paid_at is not null group by all
    """
    ((cuts, net, count),) = rows_of(
        work,
        f"select quantile_cont(m::double, [0.25, 0.5, 0.75]), sum(m), count(*) from ({paid})",
    )
    assert cuts == pytest.approx(said["quartiles"])
    assert (net, count) == (said["net"], said["customers"])
    marks = rows_of(
        work,
        f"""with paid as ({paid}), cut as (select median(r) as r, median(f) as f, median(m) as m
            from paid)
        select customer_uid, paid.r <= cut.r, paid.f > cut.f, paid.m > cut.m from paid, cut""",
    )
    names = {mark: name for name, mark in shop.CLASSES.items()}
    classes = {uid: names[tuple(mark)] for uid, *mark in marks}
    assert Counter(classes.values()) == said["classes"]
    for name, uids in said["named"].items():
        assert {classes[uid] for uid in uids} == {name}
    ((unpaid, back),) = rows_of(
        work,
        "select count(*) filter (paid_at is null), sum(refund_amount) from staging.stg_order",
    )
    assert (unpaid, back) == (said["unpaid"], said["refunded"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sql", "where", "keys"),
    [
        ("select count(*), count(accepted_at) from staging.stg_scrm_friend_request",
         "private_domain", ("requests", "accepted")),
        ("select count(removed_at) from staging.stg_scrm_friend", "private_domain", ("removed",)),
        ("select count(*), count(*) filter (done_at <= due_at) from staging.stg_tag_task",
         "private_domain", ("tasks", "in_time")),
        ("select count(*), count(registered_at), count(first_paid_at) from staging.stg_referral",
         "private_domain", ("referred", "registered", "first_paid")),
        ("select count(*), count(phone_hash), count(*) filter (msgs_visitor = 0)"
         " from staging.stg_im_chat", "chats", ("chats", "left_a_phone", "silent")),
        ("select count(*), count(score), count(*) filter (score >= 4)"
         " from staging.stg_csat_response", "csat", ("sent", "answered", "satisfied")),
        ("select count(*), count(*) filter (marketing_consent), count(opted_out_at)"
         " from staging.stg_person_profile", "people", ("profiles", "consents", "opted_out")),
        ("select count(*) from staging.stg_tag_assignment where value = 'adopted'", "people",
         ("adopted",)),
    ],
)  # fmt: skip
def test_counts_are_found_again(made: tuple, sql: str, where: str, keys: tuple[str, ...]) -> None:
    _, truth, work = made
    said = truth[where] if where in truth else truth["success"][where]
    assert rows_of(work, sql) == [tuple(said[key] for key in keys)]
    assert all(said[key] for key in keys)


@pytest.mark.slow
@pytest.mark.parametrize("feature", [pilot.KEY, pilot.CONFOUNDED, *pilot.PLACEBOS])
def test_who_tried_a_feature_early_is_back_as_often_as_planted(made: tuple, feature: str) -> None:
    """T5: users by what they did in days 0 to 6, and what of them was active in days 22 to 28."""
    _, truth, work = made
    sql = f"""
        with days as (
            select login_id, event, business_date - min(business_date) over (partition by login_id)
                as age
            from staging.stg_app_event where login_id like 'u-pilot-%'
        ), users as (
            select login_id, count(*) filter (event = '{feature}' and age < 7) > 0 as tried,
                count(*) filter (age between 22 and 28) > 0 as back
            from days group by all
        )
        select tried, count(*), count(*) filter (back) from users group by all order by tried
    """
    said = truth["pilot"]["features"][feature]
    assert rows_of(work, sql) == [
        (False, said["others"], said["others_back"]), (True, said["tried"], said["tried_back"]),
    ]  # fmt: skip


@pytest.mark.slow
def test_customers_who_begin_a_talk_are_counted_by_episodes(made: tuple) -> None:
    _, truth, work = made
    sql = """
        select count(*) from (
            select ts, lag(ts) over (partition by staff_id, customer_uid order by ts) as before
            from staging.stg_scrm_message where direction = 'in' and not is_system
        ) where before is null or ts > before + interval '30 minutes'
    """
    assert rows_of(work, sql) == [(truth["private_domain"]["episodes"],)]


@pytest.mark.slow
def test_a_single_valued_tag_never_overlaps_and_labels_have_their_parents(made: tuple) -> None:
    _, truth, work = made
    overlaps = """
        select count(*) from staging.stg_tag_assignment as a
        inner join staging.stg_tag_assignment as b
            on a.subject_id = b.subject_id and a.tag = b.tag and a.valid_from < b.valid_from
        where a.is_single_valued and (a.valid_to is null or a.valid_to > b.valid_from)
    """
    assert rows_of(work, overlaps) == [(0,)]
    kinds = dict(rows_of(work, "select type, count(*) from staging.stg_activity group by all"))
    assert kinds == truth["success"]["activities"]
    moods = dict(rows_of(work, "select sentiment, count(*) from staging.stg_feedback group by all"))
    assert moods == truth["success"]["feedback"]


@pytest.mark.slow
def test_every_tenant_has_the_customers_days_and_orders_that_it_was_given(made: tuple) -> None:
    """Ids repeat between tenants, and a cancelled order is none."""
    _, truth, work = made
    sql = """
        select tenant_id, customers, events, orders, amount
        from (select tenant_id, count(*) as customers from staging.stg_tenant_end_customer
            group by all)
        inner join (select tenant_id, sum(events) as events from staging.stg_tenant_activity
            group by all) using (tenant_id)
        left join (select tenant_id, count(*) as orders, sum(amount) as amount
            from staging.stg_tenant_order group by all) using (tenant_id)
    """
    found = {row[0]: row[1:] for row in rows_of(work, sql)}
    assert found == {tenant: tuple(said.values()) for tenant, said in truth["tenants"].items()}
    assert len(found) == 60 - sum(second >= _last() for second, _ in _facts().users[::2])


def _last() -> int:
    """First second of the days on which tenants' customers are seen."""
    from throughline.demo.times import start_of

    return start_of(SUNDAY.toordinal() - end_customers.DAYS)
