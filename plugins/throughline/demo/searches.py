"""What visitors searched for on the site: who asks for the price leaves a form more often (T14)."""

from typing import Any

from throughline.demo.crowd import Crowd
from throughline.demo.exports import Rows
from throughline.demo.times import local

SEARCHED = {
    "price": (("ERP 价格", "进销存 报价", "scrm 多少钱"), 20),
    "how_to": (("怎么导入商品", "库存盘点 教程", "如何对账"), 50),
}
"""Terms of each intent, and searchers per fold: a twentieth or three of twenty leave a form."""
CAPTURED = 3
"""Searchers per fold who leave a form in that visit: .15 of those asking for a price, .06 of the
others."""
FOLDS = 2
LEFT = FOLDS * CAPTURED * len(SEARCHED)
OTHERS = FOLDS * sum(count - CAPTURED for _, count in SEARCHED.values())
"""Visitors with and without a form that one fold of the crowd takes."""


def export(rows: Rows, crowd: Crowd) -> dict[str, Any]:
    """Add one search for each visitor taken, seconds after they came; returns counts by intent."""
    truth = {}
    for intent, (terms, count) in SEARCHED.items():
        folds = FOLDS * crowd.fold
        told = crowd.take(folds * CAPTURED, folds * (count - CAPTURED))
        for place, ((second, cookie, _), _) in enumerate(told):
            asked = second + 8
            rows["search_terms.csv.gz"].append(
                (f"st-{asked:x}-{cookie[3:]}", cookie, local(asked), local(asked + 1),
                 terms[place % len(terms)], "site", place % 7, "/pricing" if place % 3 else "",
                 "www"))  # fmt: skip
        captured = folds * CAPTURED
        truth[intent] = {"terms": terms, "searchers": len(told), "captured": captured}
    return truth
