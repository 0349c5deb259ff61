"""Accounts and contacts of the CRM, and their merges."""

from throughline.demo.company import Company
from throughline.demo.leads import Lead
from throughline.demo.ledger import Ledger
from throughline.demo.times import DAY


def open_account(ledger: Ledger, company: Company, second: int, owner_id: str) -> None:
    """Write the account of a company, of which sales need not know anybody."""
    ledger.save("accounts", second, {
        "account_id": company.account_id, "name": company.name, "uscc": company.uscc,
        "domain": company.domain, "industry_l1": company.industry[0],
        "industry_l2": company.industry[1], "employee_count": company.headcount,
        "city": company.city, "group_id": None, "pay_type": company.pay_type, "agent_id": None,
        "owner_id": owner_id, "parent_id": None, "merged_into_id": None, "is_deleted": False,
        "is_test": False,
    })  # fmt: skip


def enter(ledger: Ledger, company: Company, lead: Lead, second: int, owner_id: str) -> str:
    """Write account and contact of a converted lead; return the contact's id."""
    open_account(ledger, company, second, owner_id)
    contact_id, person = f"con-{company.number}", lead.person
    contact = add_contact(ledger, company, contact_id, second, name=person.name,
                          phone=person.phone, email=person.email, title=person.title)  # fmt: skip
    ledger.fact("node", second, person=person.person, node=f"contact_id:{contact_id}")
    if company.serial % 150 == 7:
        again = _doubled(ledger, company, contact, second)
        node = f"contact_id:{again}"
        ledger.fact("other_node", second + 3600, person=person.person, node=node)
    return contact_id


def add_contact(
    ledger: Ledger, company: Company, contact_id: str, second: int, **said: str | None
) -> dict:
    """Write a contact of a company (`said`: name, phone, email, title); return its row."""
    contact = {
        "contact_id": contact_id, "account_id": company.account_id, **said, "role": None,
        "wechat_unionid": None, "merged_into_id": None, "is_deleted": False, "is_test": False,
    }  # fmt: skip
    ledger.save("contacts", second, contact)
    return contact


def _doubled(ledger: Ledger, company: Company, contact: dict, second: int) -> str:
    """Someone enters account and contact a second time; a week later they are merged."""
    merged = second + 7 * DAY
    twin = {**ledger.crm["accounts"][-1][1], "account_id": f"{company.account_id}-dup"}
    ledger.save("accounts", second + 3600, {**twin, "created_at": second + 3600})
    ledger.save("accounts", merged, {**twin, "merged_into_id": company.account_id,
                                     "created_at": second + 3600})  # fmt: skip
    again = {**contact, "contact_id": f"{contact['contact_id']}-dup", "created_at": second + 3600,
             "account_id": f"{company.account_id}-dup"}  # fmt: skip
    ledger.save("contacts", second + 3600, again)
    ledger.save("contacts", merged, {**again, "merged_into_id": contact["contact_id"]})
    ledger.mark("account_merged", f"{company.account_id}-dup", merged)
    ledger.mark("contact_merged", again["contact_id"], merged)
    return str(again["contact_id"])
