"""Contracts, items, calls and companies with an answer that was worked out by hand."""

from datetime import UTC, date, datetime

Row = dict[str, object]


def item(item_id: str, contract_id: str, start: date, end: date, **more: object) -> Row:
    """A recurring item of 10 seats at 120 a year: 100.0000 of MRR."""
    return {
        "item_id": item_id, "contract_id": contract_id, "business_line": "erp", "seats": 10,
        "unit_price": 120, "currency": "CNY", "recurring": True, "period": "year",
        "start": start, "end": end, **more,
    }  # fmt: skip


def contract(contract_id: str, account_id: str, signed: date, end: date, **more: object) -> Row:
    """A contract of 1200 CNY that starts on the day it is signed."""
    return {
        "contract_id": contract_id, "account_id": account_id, "kind": "new",
        "signed_date": signed, "start_date": signed, "end_date": end, "amount": 1200,
        "currency": "CNY", **more,
    }  # fmt: skip


def noon(day: date) -> datetime:
    """Noon UTC of a day, 20:00 in Shanghai."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def money_rows() -> dict[str, list[Row]]:
    """Accounts and tenants: merged ones, one that is linked, some whose survivor is deleted."""
    year_end = date(2024, 12, 31)
    return {
        "account": [
            {"account_id": "a0", "name": "甲", "domain": "jia.example", "employee_count": 19},
            {"account_id": "a1", "name": "乙", "merged_into_id": "a2", "is_deleted": True},
            {"account_id": "a2", "name": "丙有限公司", "uscc": "91000000ma0000001x"},
            {"account_id": "a3", "name": "丁", "employee_count": 500},
            {"account_id": "a4", "name": "戊", "merged_into_id": "a5", "is_deleted": True},
            {"account_id": "a5", "name": "己", "is_deleted": True},
        ],
        "company_account": [
            {"company_id": "t1", "name": "甲", "account_id": "a0", "headcount": 20,
             "created_at": noon(date(2024, 1, 1))},
            {"company_id": "t2", "name": "丙", "uscc": "91000000MA0000001X",
             "created_at": noon(date(2024, 1, 1))},
            {"company_id": "t9", "name": "庚", "merged_into_id": "t1",
             "created_at": noon(date(2024, 1, 2))},
            {"company_id": "t7", "name": "辛", "merged_into_id": "gone", "is_deleted": True,
             "created_at": noon(date(2024, 1, 2))},
        ],
        "contract": [
            contract("c1", "a0", date(2024, 1, 1), year_end),
            contract("c2", "a1", date(2024, 1, 31), date(2024, 4, 30), currency="USD", amount=100),
            contract("c3", "a2", date(2024, 2, 1), year_end, kind="amend", amends_contract_id="c2"),
            contract("c4", "a3", date(2024, 1, 5), year_end,
                     cancelled_at=datetime(2024, 1, 12, 15, 59, 59, tzinfo=UTC)),
            contract("c5", "a3", date(2024, 1, 5), year_end,
                     cancelled_at=datetime(2024, 1, 12, 16, 0, tzinfo=UTC)),
        ],
        "subscription_item": [
            item("i1", "c1", date(2024, 1, 15), date(2024, 2, 29)),
            item("i2", "c1", date(2024, 1, 31), date(2024, 3, 30), period="month", unit_price=3),
            item("i3", "c1", date(2024, 2, 1), year_end, business_line="bi",
                 canceled_at=noon(date(2024, 3, 5)), service_end=date(2024, 4, 30)),
            item("i4", "c1", date(2024, 2, 1), year_end, business_line="bi",
                 canceled_at=datetime(2024, 3, 30, 16, 0, tzinfo=UTC)),
            item("i5", "c2", date(2024, 2, 1), date(2024, 2, 28), currency="USD"),
            item("i6", "c2", date(2024, 2, 1), date(2024, 3, 31), currency="USD", seats=1),
            item("i7", "c1", date(2024, 1, 1), year_end, recurring=False),
        ],
        "fx_rate": [
            {"date": date(2024, 1, 31), "currency": "USD", "base_currency": "CNY", "rate": 7.25},
            {"date": date(2024, 2, 3), "currency": "USD", "base_currency": "CNY", "rate": 7},
            {"date": date(2024, 2, 3), "currency": "VND", "base_currency": "CNY",
             "rate": "0.00028123"},
        ],
        "payment": [
            {"payment_id": "p1", "contract_id": "c2", "amount": 50, "currency": "USD",
             "paid_at": datetime(2024, 2, 2, 16, 0, tzinfo=UTC)},
            {"payment_id": "p2", "contract_id": "c2", "amount": 10_000_000, "currency": "VND",
             "paid_at": datetime(2024, 2, 2, 16, 0, tzinfo=UTC)},
        ],
        "refund": [
            {"refund_id": "r1", "contract_id": "c1", "amount": 200, "currency": "CNY",
             "refunded_at": datetime(2024, 3, 31, 15, 59, 59, tzinfo=UTC)},
            {"refund_id": "r2", "contract_id": "c1", "amount": 300, "currency": "CNY",
             "refunded_at": datetime(2024, 3, 31, 16, 0, tzinfo=UTC)},
        ],
        "cdr": [
            _call("short", talk=29), _call("long", talk=30), _call("nobody", talk=300),
            {"call_id": "missed", "direction": "out", "start_at": noon(date(2024, 3, 1)),
             "outcome": "no_answer", "lead_id": "mg1"},
        ],
        "call_disposition": [
            {"call_id": "nobody", "reached_person": False, "e3_need_filled": True},
            {"call_id": "missed", "reached_person": True, "e3_need_filled": True},
        ],
    }  # fmt: skip


def _call(call_id: str, talk: int) -> Row:
    day = noon(date(2024, 3, 1))
    return {
        "call_id": call_id, "direction": "out", "start_at": day, "answer_at": day,
        "talk_seconds": talk, "outcome": "answered", "lead_id": "mg1",
    }  # fmt: skip
