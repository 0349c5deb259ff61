"""The channels of the demo company and what is planted in them (spec: T1, T2, T4)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Channel:
    """One acquisition channel; rates are the true parameters of the world.

    `visitors` per day at scale 1; `form_rate` visitors who leave a form; `imports` leads per day
    that reach the CRM without a visit; `paid_rate` leads that buy; `deal` median first contract,
    CNY; `cost_per_lead` target, CNY; `retention` share of new users active 30 days later.
    """

    name: str
    visitors: float
    form_rate: float
    imports: float
    paid_rate: float
    deal: int
    cost_per_lead: int
    retention: float
    utm: tuple[str, str] | None
    campaigns: tuple[str, ...]
    referrer: str = ""
    typed: str = ""


CHANNELS: tuple[Channel, ...] = (
    Channel("sem_baidu", 16.0, 0.24, 0, 0.19, 48_000, 1200, 0.35, ("baidu", "cpc"),
            ("bd_brand", "bd_generic", "bd_erp", "bd_compete"), "https://www.baidu.com/",
            "百度推广"),
    Channel("feed_tencent", 17.0, 0.23, 0, 0.007, 8_000, 260, 0.22, ("tencent", "feed"),
            ("tx_lookalike", "tx_moments", "tx_video"), "https://gdt.qq.com/", "腾讯信息流"),
    Channel("dsp", 17.0, 0.23, 0, 0.020, 12_000, 420, 0.22, ("dsp_x", "dsp"),
            ("dx_retarget", "dx_reach"), "", "DSP"),
    Channel("social_weibo", 15.0, 0.25, 0, 0.036, 13_000, 560, 0.22, ("weibo", "social"),
            ("wb_topic",), "https://weibo.com/", "微博"),
    Channel("content_wechat", 15.0, 0.25, 0, 0.07, 23_000, 720, 0.35, ("wechat", "content"),
            ("wx_article", "wx_case"), "https://mp.weixin.qq.com/", "公众号"),
    Channel("event", 3.0, 0.55, 2.0, 0.12, 30_000, 920, 0.35, ("event", "offline"),
            ("ev_salon", "ev_expo"), "", "市场活动"),
    Channel("partner", 2.0, 0.30, 0.8, 0.09, 24_000, 0, 0.35, ("partner_a", "partner"),
            ("pt_a",), "https://partner-a.example/", "渠道伙伴"),
    Channel("email", 2.5, 0.25, 0, 0.06, 18_000, 0, 0.22, ("edm", "email"),
            ("em_monthly",), "", "EDM"),
    Channel("seo", 11.0, 0.20, 0, 0.07, 20_000, 0, 0.35, None, (),
            "https://www.baidu.com/", "自然搜索"),
    Channel("direct", 9.0, 0.15, 0.6, 0.06, 20_000, 0, 0.22, None, (), "", "直接访问"),
    Channel("referral", 2.5, 0.20, 0, 0.06, 18_000, 0, 0.35, None, (),
            "https://news.example/", "外链"),
)  # fmt: skip

BY_NAME = {channel.name: channel for channel in CHANNELS}
ARRIVAL_RATE = 0.85
"""Share of paid clicks that reach the site (W9: between .7 and .98)."""

BUSINESS_LINES = ("erp", "mall", "scrm", "finance", "bi")
LIST_PRICE = {"erp": 2400, "mall": 1800, "scrm": 1440, "finance": 1920, "bi": 1200}
"""List price per seat and year, CNY."""

FEATURES = {
    "erp": ("create_quote", "import_products"),
    "mall": ("approve_order", "search_product"),
    "scrm": ("invite_member",),
    "finance": ("reconcile_bill",),
    "bi": ("export_report", "view_dashboard"),
}


def observed_channel(channel: Channel, has_utm: bool) -> str:
    """Channel that rules can see: without its utm values a paid visit looks like its referrer."""
    if has_utm or channel.utm is None:
        return channel.name
    if "baidu.com" in channel.referrer:
        return "seo"
    return "referral" if channel.referrer else "direct"
