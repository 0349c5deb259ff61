"""Reference files: user agents of bots, own domains and addresses."""

from pathlib import Path

from throughline.demo.visits import BOTS, OFFICE

OWN_DOMAIN = "throughline.example"


def write(folder: Path) -> None:
    """Write `reference/bot_ua.csv` and `reference/internal_list.csv` where they differ."""
    bots = ["pattern,name", *(f"{name},{name}" for name, _ in BOTS)]
    own = ["kind,value", f"domain,{OWN_DOMAIN}", *(f"ip,{address}" for address in OFFICE)]
    for name, lines in (("bot_ua", bots), ("internal_list", own)):
        path = folder / "reference" / f"{name}.csv"
        text = "\n".join(lines) + "\n"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
