"""What the agency's own tracker on the campaign pages recorded: views, clicks and forms."""

from dataclasses import dataclass

from throughline.demo.company import Company, Person
from throughline.demo.exports import Rows
from throughline.demo.times import local
from throughline.demo.visits import DEVICES

SITE = "https://h5.throughline.example"
FORMS = {"whitepaper": "form-h5-paper", "register": "form-h5-trial"}
HEADERS = {
    "pageviews.csv.gz": "event_id,anonymous_id,event_time,received_at,url,url_path,title,referrer,"
                        "utm_source,utm_medium,utm_campaign,ip,ua,device,os,browser,screen_w,"
                        "screen_h,site_id,module",
    "clicks.csv.gz": "event_id,anonymous_id,event_time,received_at,url_path,element_selector,"
                     "element_content,page_x_pct,page_y_pct,viewport,site_id,ip,ua",
    "forms.csv.gz": "event_id,anonymous_id,event_time,received_at,form_id,type,email,phone,"
                    "company_name,site_id,url_path",
}  # fmt: skip


@dataclass(frozen=True)
class Reader:
    """A cookie on a device, behind an address."""

    cookie: str
    device: str
    address: str

    @property
    def machine(self) -> tuple:
        """The first known machine of that kind."""
        return next(known for known in DEVICES if known[0] == self.device)


def viewed(
    rows: Rows, who: Reader, second: int, path: str, module: str, referrer: str,
    utm: tuple[str, str, str] | None = None,
) -> None:  # fmt: skip
    """Add a page view."""
    device, os, browser, width, height, agent = who.machine
    query = f"?utm_source={utm[0]}" if utm else ""
    rows["pageviews.csv.gz"].append(
        (f"h5-{second:x}-{who.cookie[3:]}", who.cookie, local(second), local(second + 1),
         f"{SITE}{path}{query}", path, module, referrer, *(utm or ("", "", "")), who.address, agent,
         device, os, browser, width, height, "h5", module))  # fmt: skip


def clicked(rows: Rows, who: Reader, second: int, path: str, selector: str, text: str) -> None:
    """Add a click, somewhere near the middle of the page."""
    _, _, _, width, height, agent = who.machine
    x, y = 0.4 + second % 20 / 100, 0.6 + second % 30 / 100
    rows["clicks.csv.gz"].append(
        (f"hc-{second:x}-{who.cookie[3:]}", who.cookie, local(second), local(second + 1), path,
         selector, text, f"{x:.2f}", f"{y:.2f}", f"{width}x{height}", "h5", who.address,
         agent))  # fmt: skip


def form_id(who: Reader, second: int) -> str:
    """Id of the form that somebody leaves at a second."""
    return f"hf-{second:x}-{who.cookie[3:]}"


def left_form(
    rows: Rows, who: Reader, second: int, path: str, company: Company, person: Person,
    kind: str = "whitepaper",
) -> None:  # fmt: skip
    """Add a form with which somebody takes a paper home, or registers."""
    rows["forms.csv.gz"].append(
        (form_id(who, second), who.cookie, local(second), local(second + 1),
         FORMS[kind], kind, person.email or "", person.phone, company.name, "h5",
         path))  # fmt: skip
