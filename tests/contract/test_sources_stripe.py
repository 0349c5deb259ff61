"""The Stripe packs: against the API's lists, and on the vendor's real tables."""

from decimal import Decimal
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

import ingest_case as case
import stripe_case as stripe
from pack_case import installed, load_seeds, needs_seeds, seed_rows, taken
from throughline.settings import Settings

LISTS = ("invoices", "charges", "refunds", "subscriptions")


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    local = ("    way: rest\n", "    way: rest\n    private_network: true\n")
    return installed(tmp_path, "stripe", local, ("per_second: 20", "per_second: 1000"))


def connect(server: HTTPServer, api: stripe.Stripe, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LISTS:
        server.expect_request(f"/v1/{name}").respond_with_handler(api.answer)
    monkeypatch.setenv("AIRFLOW_CONN_STRIPE", f"http://:{stripe.KEY}@127.0.0.1:{server.port}")


def shop() -> stripe.Stripe:
    return stripe.Stripe(
        {
            "invoices": [stripe.invoice(n) for n in range(205)]
            + [
                stripe.invoice(900, currency="jpy", total=1000),
                stripe.invoice(901, status="draft"),
            ],
            "charges": [stripe.charge(n) for n in range(3)]
            + [stripe.charge(3, status="failed"), stripe.charge(900, currency="jpy")],
            "refunds": [stripe.refund(1), stripe.refund(900, currency="jpy")],
            "subscriptions": [stripe.subscription(1), stripe.subscription(2, "canceled")],
        }
    )


def test_stripe_api_brings_invoices_payments_refunds_and_items(
    home: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = shop()
    api.busy = 1
    connect(httpserver, api, monkeypatch)
    found, errors = taken(home, "stripe", case.NIGHT)
    assert errors == []
    # 207 invoices are three pages of at most 100; one call was refused and came again.
    assert len([call for call in api.calls if "/invoices" in call]) == 4
    assert len(api.calls) == 4 + 3
    counts = {name: (b.rows, b.rejected, b.not_mapped) for name, b in found.items()}
    assert counts == {
        "invoice": (206, 0, 1), "payment": (4, 0, 1),
        "refund": (2, 0, 0), "subscription_item": (2, 0, 0),
    }  # fmt: skip
    sums = "sum(amount) filter (currency = 'USD'), sum(amount) filter (currency = 'JPY')"
    assert case.rows(found["invoice"].path, sums) == [(2050, 1000)]
    paid = case.rows(found["payment"].path, "payment_id, contract_id, amount::varchar, currency")
    assert paid[0] == ("ch_0000", "sub_0000", "10.0000", "USD")
    assert paid[-1] == ("ch_0900", "sub_0900", "1000.0000", "JPY")
    back = case.rows(found["refund"].path, "refund_id, contract_id, amount::varchar, currency")
    assert back == [
        ("re_0001", "sub_0001", "1.0000", "USD"),
        ("re_0900", "sub_0900", "100.0000", "JPY"),
    ]


def test_stripe_wrong_key_is_told_in_its_words_after_one_call_a_list(
    home: Settings, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = shop()
    connect(httpserver, api, monkeypatch)
    monkeypatch.setattr(stripe, "KEY", "another")
    _, errors = taken(home, "stripe", case.NIGHT)
    assert len(errors) == len(api.calls) == 4
    assert all("401" in error and "Invalid API Key provided" in error for error in errors)
    assert "canary51" not in str(errors)


SEEDED = ("invoice", "charge", "refund", "subscription_item", "subscription_history", "plan")


@needs_seeds
def test_stripe_real_tables_are_read_as_the_vendor_shapes_them(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_seeds(postgres_url, "stripe", {name: f"stripe/{name}" for name in SEEDED})
    monkeypatch.setenv("AIRFLOW_CONN_STRIPE_TABLES", postgres_url)
    found, errors = taken(installed(tmp_path, "stripe_tables"), "stripe_tables", case.NIGHT)
    assert errors == []

    def table(name: str) -> list[dict[str, str]]:
        return seed_rows(f"stripe/{name}")

    def money(row: dict[str, str], column: str) -> Decimal:
        return Decimal(row[column]) / (1 if row["currency"] == "jpy" else 100)

    bills = case.rows(found["invoice"].path, "invoice_id, amount, contract_id, is_test")
    assert bills == sorted(
        (row["id"], money(row, "total"), row["subscription_id"], row["livemode"] == "FALSE")
        for row in table("invoice")
    )
    # All charges of the seeds were declined.
    assert {row["status"] for row in table("charge")} == {"failed"}
    assert (found["payment"].rows, found["payment"].not_mapped) == (0, len(table("charge")))
    back = case.rows(found["refund"].path, "refund_id, payment_id, amount")
    assert len(back) == 4 and back == sorted(
        (row["id"], row["charge_id"], money(row, "amount"))
        for row in table("refund")
        if row["status"] == "succeeded"
    )
    plans = {row["id"]: row for row in table("plan")}
    # One subscription ended with its trial, so its item was never paid for.
    unpaid = {
        row["id"]
        for row in table("subscription_history")
        if row["_fivetran_active"] == "true" and row["ended_at"] <= row["trial_end"]
    }
    given = table("subscription_item")
    items = [row for row in given if row["subscription_id"] not in unpaid]
    assert found["subscription_item"].not_mapped == len(given) - len(items) == 1
    priced = {
        row["id"]: money(plan, "amount") / int(plan["interval_count"])
        for row in items
        if (plan := plans.get(row["plan_id"])) and plan["amount"]
    }
    assert found["subscription_item"].rejected == len(items) - len(priced)
    prices = dict(case.rows(found["subscription_item"].path, "item_id, unit_price"))
    assert prices == {number: round(price, 4) for number, price in priced.items()}
