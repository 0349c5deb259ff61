"""The files of the demo: where each stream's file of a window stands, and what is in it."""

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from throughline.demo import lines, seo


@dataclass(frozen=True)
class FileStream:
    """One stream of files; `path` below `<home>/demo` with the window for `{window}`."""

    name: str
    entity: str
    path: str
    line: Callable[[tuple], str]
    header: str = ""
    encoding: str = "utf-8"
    control: bool = False

    def file(self, folder: Path, first: date, last: date) -> Path:
        """File of one window."""
        window = f"{first}" if first == last else f"{first}_{last}"
        return folder / self.path.replace("{window}", window)


STREAMS = (
    FileStream("pageviews", "pageview", "web/pageviews_{window}.jsonl.gz", lines.pageview),
    FileStream("forms", "form_submit", "web/forms_{window}.jsonl.gz", lines.form),
    FileStream("seo_ranks", "seo_rank_daily", "growth/seo_ranks_{window}.csv", lines.plain,
               seo.HEADER),
    FileStream("baidu_spend", "ad_spend_daily", "ads/baidu/spend_{window}.csv", lines.baidu,
               "日期,账户ID,推广计划ID,推广计划,推广单元ID,推广单元,关键词ID,关键词,匹配方式,设备,展现,点击,消费",
               "gb18030"),
    FileStream("tencent_spend", "ad_spend_daily", "ads/tencent/report_{window}.csv.gz",
               lines.tencent,
               "date,account_id,campaign_id,campaign_name,view_count,valid_click_count,cost"),
    FileStream("dsp_spend", "ad_spend_daily", "ads/dsp/daily_{window}.tsv.gz", lines.dsp,
               "day\tadvertiser\tcampaign\timps\tclicks\tspend\tcurrency"),
    FileStream("event_cost", "mkt_event_cost", "finance/event_cost_{window}.csv", lines.plain,
               "event_id,cost_line,kind,date,channel_id,amount,currency"),
    FileStream("channel_cost", "channel_cost_monthly", "finance/channel_cost_{window}.csv",
               lines.plain, "channel_id,month,cost_type,amount,currency"),
    FileStream("cdr", "cdr", "calls/cdr_{window}.csv.gz", lines.cdr,
               "call_id,direction,line,caller,callee,start_at,ring_at,answer_at,end_at,talk_seconds,"
               "queue_seconds,agent_id,outcome,campaign,hangup_by,lead_id,recording_id",
               control=True),
    FileStream("dispositions", "call_disposition", "calls/dispositions_{window}.csv.gz",
               lines.disposition,
               "call_id,lead_id,reached_person,e1_company,e2_contact,e3_need,e4_current_system,"
               "e5_budget,e6_decision,e7_timeline,timeline_days,intent,next_at,csat_key,notes,"
               "written_at", control=True),
    FileStream("support", "support_contact", "calls/support_{window}.csv", lines.support,
               "case_id,channel,account_id,person_key,opened_at,closed_at,category,is_complaint,"
               "feature_id,csat", control=True),
    FileStream("app_events", "app_event", "product/events_{window}.jsonl.gz", lines.app_event),
    FileStream("api_requests", "api_request_log", "product/requests_{window}.jsonl.gz",
               lines.api_request),
    FileStream("company_accounts", "company_account", "product/companies_{window}.jsonl.gz",
               lines.company_account),
    FileStream("company_days", "company_account_daily", "product/seats_{window}.csv.gz",
               lines.company_day,
               "company_id,date,opened_seats,closed_seats,purchased_seats,admins"),
    FileStream("employees", "employee_account", "product/employees_{window}.csv.gz",
               lines.employee,
               "company_id,employee_id,login_id,opened_at,closed_at,role,updated_at"),
)  # fmt: skip
BY_NAME = {stream.name: stream for stream in STREAMS}


class Writer:
    """One file of one window; written beside its name, renamed when it is whole.

    A file that exists already is left as it is: what was delivered never changes.
    """

    def __init__(self, stream: FileStream, path: Path) -> None:
        self.stream, self.path = stream, path
        self.done = path.exists() and (not stream.control or _control(path).exists())
        self._draft = path.with_name(path.name + ".part")
        if self.done:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        self._raw = self._draft.open("wb")
        zipped = path.suffix == ".gz"
        self._out = gzip.GzipFile("", "wb", 1, self._raw, mtime=0) if zipped else self._raw
        if stream.header:
            self.write([stream.header])

    def write(self, texts: list[str]) -> None:
        """Append lines."""
        if texts and not self.done:
            self._out.write(("\n".join(texts) + "\n").encode(self.stream.encoding))

    def close(self) -> None:
        """Make the file appear, with its control file where the source sends one."""
        if self.done:
            return
        if self._out is not self._raw:
            self._out.close()
        self._raw.close()
        if self.stream.control:
            digest = hashlib.sha256(self._draft.read_bytes()).hexdigest()
            _control(self.path).write_text(f"{digest}  {self.path.name}\n", encoding="utf-8")
        self._draft.replace(self.path)


def _control(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")
