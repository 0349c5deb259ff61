"""The demo CRM's tables: columns, PostgreSQL types and keys."""

from dataclasses import dataclass

_TAIL = "created_at timestamptz, updated_at timestamptz, is_deleted boolean, is_test boolean"


@dataclass(frozen=True)
class Table:
    """One CRM table; `columns` name → type, in order."""

    name: str
    key: tuple[str, ...]
    columns: dict[str, str]

    def ddl(self, schema: str) -> str:
        """CREATE TABLE with primary key and an index on updated_at, both only where missing."""
        body = ", ".join(f'"{name}" {kind}' for name, kind in self.columns.items())
        key = ", ".join(f'"{name}"' for name in self.key)
        return (
            f"create table if not exists {schema}.{self.name} ({body}, primary key ({key}));"
            f"create index if not exists {self.name}_updated on {schema}.{self.name} (updated_at);"
        )


def _table(name: str, key: str, columns: str) -> Table:
    pairs = (part.strip().split(" ") for part in f"{columns}, {_TAIL}".split(", "))
    return Table(name, tuple(key.split()), {column: kind for column, kind in pairs})


_ALL = (
    _table("leads", "lead_id",
           "lead_id text, source_system text, channel_raw text, utm_source text, utm_medium text, "
           "utm_campaign text, utm_term text, utm_content text, name text, phone text, email text, "
           "company_name text, title text, industry text, headcount_raw text, city text, "
           "owner_id text, status text, invalid_reason text, merged_into_id text, "
           "converted_opportunity_id text, source_event_id text"),
    _table("lead_status_history", "lead_id changed_at",
           "lead_id text, changed_at timestamptz, status text, changed_by text"),
    _table("accounts", "account_id",
           "account_id text, name text, uscc text, domain text, industry_l1 text, "
           "industry_l2 text, employee_count integer, city text, group_id text, pay_type text, "
           "agent_id text, owner_id text, parent_id text, merged_into_id text"),
    _table("contacts", "contact_id",
           "contact_id text, account_id text, name text, phone text, email text, title text, "
           "role text, wechat_unionid text, merged_into_id text"),
    _table("opportunities", "opportunity_id",
           "opportunity_id text, account_id text, type text, business_line text, "
           "accepted_at timestamptz, stage text, amount numeric, currency text, "
           "expected_close date, closed_at timestamptz, is_won boolean, lost_reason text, "
           "owner_id text, primary_contact_id text, lead_id text"),
    _table("opportunity_stages", "opportunity_id entered_at",
           "opportunity_id text, entered_at timestamptz, stage text, exited_at timestamptz, "
           "moved_by text"),
    _table("contracts", "contract_id",
           "contract_id text, account_id text, kind text, signed_date date, start_date date, "
           "end_date date, amount numeric, currency text, list_amount numeric, renewed_from text, "
           "amends_contract_id text, cancelled_at timestamptz, owner_id text, "
           "opportunity_id text, status text"),
    _table("subscription_items", "item_id",
           "item_id text, contract_id text, business_line text, plan text, seats integer, "
           "unit_price numeric, currency text, recurring boolean, period text, start_date date, "
           "end_date date, canceled_at timestamptz, service_end date"),
    _table("invoices", "invoice_id",
           "invoice_id text, contract_id text, amount numeric, currency text, "
           "issued_at timestamptz, due_at timestamptz, status text"),
    _table("payments", "payment_id",
           "payment_id text, invoice_id text, contract_id text, amount numeric, currency text, "
           "paid_at timestamptz, method text"),
    _table("refunds", "refund_id",
           "refund_id text, payment_id text, contract_id text, amount numeric, currency text, "
           "refunded_at timestamptz"),
    _table("fx_rates", "date currency base_currency",
           "date date, currency text, base_currency text, rate numeric"),
    _table("owners", "owner_id valid_from",
           "owner_id text, valid_from date, valid_to date, team text, role text, "
           "manager_id text, email text, employee_id text"),
    _table("sales_targets", "owner_id month product",
           "owner_id text, month date, product text, target numeric, currency text"),
)  # fmt: skip

TABLES = {table.name: table for table in _ALL}
SCHEMA = "crm"
