"""Invented companies and people: reserved domains, plainly synthetic numbers."""

from dataclasses import dataclass
from random import Random

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
INDUSTRIES = (
    ("制造", "机械"), ("制造", "电子"), ("零售", "商超"), ("零售", "电商"),
    ("批发", "建材"), ("服务", "物流"), ("服务", "教育"), ("食品", "餐饮"),
)  # fmt: skip
CITIES = ("上海", "北京", "深圳", "杭州", "成都", "武汉")
TITLES = ("总经理", "采购经理", "财务总监", "IT主管", "运营专员", "CEO")
_WORDS = ("云帆", "青禾", "远山", "星桥", "松石", "海棠", "北辰", "白鹭", "映川", "知行")
FULL_WIDTH = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}
PHONE_FORMATS = 6


@dataclass
class Company:
    """One true company; CRM and product know it by different ids."""

    number: str
    serial: int
    name: str
    domain: str
    uscc: str
    industry: tuple[str, str]
    headcount: int
    city: str
    channel: str
    observed: str
    account_id: str
    tenant_id: str
    pay_type: str = "contract"


@dataclass(frozen=True)
class Person:
    """One true person; `phone` is the number itself, however it is typed later."""

    person: str
    name: str
    phone: str
    email: str | None
    title: str


def uscc(number: int) -> str:
    """Unified social credit code of no real division, with the check character of GB 32100."""
    body = f"91000000MA{number % 10_000_000:07d}"
    total = sum(_ALPHABET.index(char) * weight for char, weight in zip(body, _WEIGHTS, strict=True))
    return body + _ALPHABET[(31 - total % 31) % 31]


def new_company(rng: Random, number: str, serial: int, channel: str) -> Company:
    """Draw one company; `number` is unique text, `serial` a unique integer."""
    word = _WORDS[serial % len(_WORDS)] + _WORDS[serial // len(_WORDS) % len(_WORDS)]
    industry = INDUSTRIES[int(rng.random() * len(INDUSTRIES))]
    return Company(
        number=number,
        serial=serial,
        name=f"示例{word}{serial}{industry[1]}有限公司",
        domain=f"c{serial}.example",
        uscc=uscc(serial),
        industry=industry,
        headcount=max(3, int(rng.lognormvariate(3.6, 1.0))),
        city=CITIES[int(rng.random() * len(CITIES))],
        channel=channel,
        observed=channel,
        account_id=f"acc-{number}",
        tenant_id=f"t-{number}",
    )


def new_person(rng: Random, number: str, serial: int, company: Company) -> Person:
    """Draw one person of a company; a fifth leave no e-mail."""
    email = f"p{serial}@{company.domain}" if rng.random() < 0.8 else None
    return Person(
        person=f"person-{number}",
        name=f"演示{serial}",
        phone=f"1990{serial % 10_000_000:07d}",
        email=email,
        title=TITLES[int(rng.random() * len(TITLES))],
    )


def typed_phone(rng: Random, phone: str) -> tuple[str, int]:
    """A number as people type it, and which of the six ways it is."""
    way = int(rng.random() * PHONE_FORMATS) if rng.random() < 0.4 else 0
    typed = (
        phone,
        f"+86 {phone}",
        f"0086{phone}",
        f"{phone[:3]} {phone[3:7]} {phone[7:]}",
        f"{phone[:3]}-{phone[3:7]}-{phone[7:]}",
        phone.translate(FULL_WIDTH),
    )[way]
    return typed, way


def typed_name(rng: Random, name: str) -> str:
    """A company name as people type it: full-width digits, brackets, or as it is."""
    chance = rng.random()
    if chance < 0.05:
        return name.translate(FULL_WIDTH)
    return f"{name}\uff08中国\uff09" if chance < 0.08 else name
