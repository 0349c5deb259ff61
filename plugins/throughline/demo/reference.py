"""Reference files: agents of bots, own domains and addresses, industries, sizes, holidays."""

from pathlib import Path

from throughline.demo.company import INDUSTRIES
from throughline.demo.visits import BOTS, OFFICE
from throughline.demo.world import World

OWN_DOMAIN = "throughline.example"
BANDS = ("<20,0,19,1", "20-99,20,99,2", "100-499,100,499,3", "500+,500,,4")
HOLIDAYS = (("01-01", "New Year"), ("05-01", "Labour Day"), ("10-01", "National Day"),
            ("10-02", "National Day"), ("10-03", "National Day"))  # fmt: skip
"""Holidays that fall on the same day every year."""


def write(folder: Path, world: World) -> None:
    """Write the files below `reference/` where they differ."""
    bots = ["pattern,name", *(f"{name},{name}" for name, _ in BOTS)]
    own = ["kind,value", f"domain,{OWN_DOMAIN}", *(f"ip,{address}" for address in OFFICE)]
    industries = [
        "l2_code,l2_name,l1_code,l1_name",
        *(f"{l2},{l2},{l1},{l1}" for l1, l2 in INDUSTRIES),
    ]
    bands = ["band,min_headcount,max_headcount,sort_no", *BANDS]
    years = range(world.start.year - 1, world.start.year + 4)
    days = (f"CN,{year}-{day},false,{name}" for year in years for day, name in HOLIDAYS)
    calendar = ["country,date,is_workday,holiday", *days]
    files = {"bot_ua": bots, "internal_list": own, "industries": industries,
             "headcount_bands": bands, "calendar": calendar}  # fmt: skip
    for name, lines in files.items():
        path = folder / "reference" / f"{name}.csv"
        text = "\n".join(lines) + "\n"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
