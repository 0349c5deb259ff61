"""One build of core on one adversarial set of rows, for all tests of this folder."""

from datetime import date
from random import Random

import core_world as world
import duckdb
import pytest
from launch_world import app_steps
from links_world import links_rows, links_views
from money_world import money_rows
from names_world import REGISTERED, ad_rows
from private_world import private_rows
from shared_world import family_rows

from warehouse_case import Row, build

SELECT = (
    "+path:models/core +path:models/audit +int_identity_rejected_edge +int_virtual_event"
    " +int_active_days__resolved +lifecycle_stage_history"
)


def world_rows() -> dict[str, list[Row]]:
    """Rows of every entity that core reads."""
    rng = Random(7)
    views = world.random_views(rng)
    family = family_rows(Random(11))
    views += [*world.duplicates(rng, views), *world.edge_views(), *links_views()]
    views += family["pageview"]
    rng.shuffle(views)
    contacts = [
        {"contact_id": f"k{n}", "account_id": f"a{n % 4}", "phone_hash": f"ph{n * 3}",
         "email_hash": f"em{n * 2}", "created_at": world.at(n, 1)}
        for n in range(10)
    ]  # fmt: skip
    links = links_rows()
    forms = [*world.chain_forms(), *world.random_forms(rng), *family["form_submit"]]
    return {
        "pageview": views,
        "form_submit": forms,
        "app_event": [
            *world.random_events(rng), *app_steps(Random(10)), *family["app_event"],
        ],
        "lead": [*world.hub_leads(), *world.random_leads(rng)],
        "contact": contacts,
        "bot_ua": [{"pattern": "baiduspider"}],
        "internal_list": [
            {"kind": "ip", "value": "own-ip"}, {"kind": "domain", "value": "corp.example"},
        ],
        "owner": [
            {"owner_id": "o1", "valid_from": world.AS_OF, "employee_id": "emp-1"},
            {"owner_id": "o2", "valid_from": date(2024, 1, 1)},
            {"owner_id": "o3", "valid_from": date(2024, 1, 1), "valid_to": date(2024, 2, 1)},
            {"owner_id": "o4", "valid_from": date(2024, 1, 1), "is_deleted": True},
        ],
        **money_rows(),
        **links,
        "utm_link": [*links["utm_link"], *REGISTERED],
        "ad_spend_daily": ad_rows(Random(9)),
        **private_rows(Random(8), forms),
    }  # fmt: skip


@pytest.fixture(scope="session")
def rows() -> dict[str, list[Row]]:
    return world_rows()


@pytest.fixture(scope="session")
def core(
    rows: dict[str, list[Row]], tmp_path_factory: pytest.TempPathFactory
) -> duckdb.DuckDBPyConnection:
    folder = tmp_path_factory.mktemp("core")
    return build(folder, rows, world.AS_OF, select=SELECT)
