"""The lifecycle spine of one subject after another, by a walk through its days (spec K01, 0.3).

Read: a stage is entered when it is first satisfied. The open stage is the highest one satisfied so
far, of activated and opportunity the later one; one satisfied after a higher one, or while churned,
lasts no time. A company churns on the first day without service after it became a customer, a
person on the thirtieth day without activity. The return opens customer (company) or activated
(person) anew; in a new cycle stages above that count again, those below only if they never did.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from journey_facts import Facts, Reader, Rows
from journey_rows import business_day, on

NAMES = {1: "visitor", 2: "lead", 3: "valid_lead", 4: "activated", 5: "opportunity",
         6: "customer", 7: "retained", 8: "expanded", -1: "churned"}  # fmt: skip
HEIGHT = {1: 1, 2: 2, 3: 3, 4: 4, 5: 4, 6: 5, 7: 6, 8: 7}


class Walk:
    """Walks through the days of one subject and writes down its episodes."""

    def __init__(self, kind: str, facts: Facts) -> None:
        self.kind, self.facts = kind, facts
        self.back = 6 if kind == "company" else 4
        self.rows: list[dict[str, Any]] = []
        self.cycle, self.top, self.churned = 1, 0, False
        self.open: dict[str, Any] | None = None
        self.ever: set[int] = set()
        self.here: set[int] = set()
        self.earlier: set[int] = set()
        self.paid: datetime | None = None
        self.weeks: set[date] = set()

    def write(self, stage: int, when: datetime, source: str, **flags: bool) -> dict[str, Any]:
        """Write down an episode."""
        row = {"stage": NAMES[stage], "entered_at": when, "exited_at": None,
               "source_event": source, "cycle": self.cycle, "is_skipping": False,
               "is_backward": False, "is_reentered": stage in self.earlier,
               "is_reawakened": False, "is_churned": False, **flags}  # fmt: skip
        self.rows.append(row)
        return row

    def move(self, row: dict[str, Any]) -> None:
        """End the open stage where a new one begins."""
        if self.open is not None:
            self.open["exited_at"] = row["entered_at"]
        self.open = row

    def churn(self, when: datetime) -> None:
        """End the cycle."""
        source = "subscription_end" if self.kind == "company" else "inactivity"
        assert self.open is not None
        self.open["is_churned"] = True
        self.move(self.write(-1, when, source))
        self.churned = True

    def come_back(self, when: datetime) -> None:
        """Open the next cycle."""
        self.churned, self.cycle = False, self.cycle + 1
        self.earlier |= {-1} | self.ever
        self.here, self.weeks = {self.back}, set()
        self.top = HEIGHT[self.back]
        source = "subscription_return" if self.kind == "company" else "active_return"
        self.move(self.write(self.back, when, source, is_reawakened=True))
        self.ever.add(self.back)

    def satisfy(self, stage: int, when: datetime, source: str) -> None:
        """Enter a stage, if this is the first time that counts."""
        if stage == 6 and self.paid is None:
            self.paid = when
        repeats = self.cycle > 1 and stage > self.back and not self.churned
        if stage in self.here if repeats else stage in self.ever:
            return
        self.ever.add(stage)
        height = HEIGHT[stage]
        if self.churned or height < self.top:
            self.write(stage, when, source, is_backward=True, exited_at=when)
        else:
            self.move(self.write(stage, when, source, is_skipping=height > self.top + 1))
            self.top = height
        if not self.churned:
            self.here.add(stage)

    def served(self, day: date) -> bool:
        """Whether a subscription runs on a day."""
        return any(first <= day <= last for first, last in self.facts.service)

    def morning(self, day: date, active: set[date]) -> None:
        """What a new day brings by itself: churn, and the return of a company."""
        when = on(day, "00:00:00")
        if self.kind == "company":
            if self.churned and self.served(day):
                self.come_back(when)
            elif self.churned or self.paid is None or self.served(day):
                return
            elif self.served(day - timedelta(days=1)):
                self.churn(when)
        elif self.open is not None and not self.churned:
            quiet = {day - timedelta(days=n) for n in range(30)} & active
            if not quiet and day - timedelta(days=30) in active:
                self.churn(when)

    def moment(self, when: datetime) -> None:
        """Everything that happens at one instant."""
        is_active = when in self.facts.active
        if is_active and self.kind == "person" and self.churned:
            self.come_back(when)
        happened = [(stage, rank, source) for instant, stage, rank, source in self.facts.entries
                    if instant == when]  # fmt: skip
        paid = self.paid or (when if any(stage == 6 for stage, _, _ in happened) else None)
        if is_active and paid is not None and not self.churned:
            monday = business_day(when) - timedelta(days=business_day(when).weekday())
            self.weeks.add(monday)
            if {monday - timedelta(days=7 * n) for n in range(4)} <= self.weeks:
                happened.append((7, 1, "active_weeks"))
        for stage, _, source in sorted(happened):
            self.satisfy(stage, when, source)

    def episodes(self, as_of: date) -> list[dict[str, Any]]:
        """All episodes up to the end of a day."""
        moments = {*(entry[0] for entry in self.facts.entries), *self.facts.active}
        active = {business_day(when) for when in self.facts.active}
        days: dict[date, list[datetime]] = defaultdict(list)
        for when in sorted(moments):
            days[business_day(when)].append(when)
        day = min(days, default=as_of + timedelta(days=1))
        while day <= as_of:
            self.morning(day, active)
            for when in days[day]:
                self.moment(when)
            day += timedelta(days=1)
        return self.rows


def history(rows: Rows, as_of: date) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Episodes of every subject: subject type, number or company id, row."""
    for (kind, subject), facts in Reader(rows, as_of).facts.items():
        for row in Walk(kind, facts).episodes(as_of):
            yield kind, subject, row
