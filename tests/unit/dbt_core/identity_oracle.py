"""Identity rules 2-4 of spec/identity.md, one edge at a time."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from hashlib import md5
from typing import Any

import numpy as np
from core_oracle import deduplicated
from duckdb import DuckDBPyConnection
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from warehouse_case import fetch

Row = dict[str, Any]
Node = tuple[str, str]
PRIORITY = (
    *("login_id", "contact_id", "phone_hash", "email_hash", "unionid", "anonymous_id"),
    *("lead_id", "device_id", "event_person_key"),
)
LOGOUTS = ("Logout", "UserLogout", "logout", "Signed Out")
CAPS = {"phone_hash": 3, "email_hash": 3, "anonymous_id": 50}


class Graph:
    """Nodes and edges with the instant they were first seen."""

    def __init__(self) -> None:
        self.nodes: dict[Node, datetime] = {}
        self.edges: dict[tuple[Node, Node], datetime] = {}
        self.names: dict[Node, set[str]] = defaultdict(set)

    def see(self, when: datetime, kind: str, value: str | None) -> None:
        """Note a node."""
        if value is not None:
            self.nodes[kind, value] = min(when, self.nodes.get((kind, value), when))

    def join(self, when: datetime, first: tuple[str, Any], second: tuple[str, Any]) -> None:
        """Note an edge; the end whose type has priority comes first."""
        if first[1] is None or second[1] is None or first == second:
            return
        if PRIORITY.index(first[0]) > PRIORITY.index(second[0]):
            first, second = second, first
        self.edges[first, second] = min(when, self.edges.get((first, second), when))

    def ordered_edges(self) -> list[tuple[Node, Node]]:
        """Edges between known nodes by first_seen, type priority, values."""

        def order(pair: tuple[Node, Node]) -> tuple[Any, ...]:
            ranks = [PRIORITY.index(node[0]) for node in pair]
            return self.edges[pair], *ranks, pair[0][1], pair[1][1]

        known = [pair for pair in self.edges if all(node in self.nodes for node in pair)]
        return sorted(known, key=order)

    def order(self, node: Node) -> tuple[datetime, int, str]:
        """What names a person: first_seen, type priority, value."""
        return self.nodes[node], PRIORITY.index(node[0]), node[1]


class Holders:
    """Who is logged in on cookies and devices, event by event."""

    def __init__(self, rows: dict[str, list[Row]]) -> None:
        self.seen: dict[Node, dict[datetime, str]] = defaultdict(dict)
        self.logouts: dict[Node, list[datetime]] = defaultdict(list)
        for view in deduplicated(rows["pageview"]).values():
            self._see(view["event_at"], view.get("user_id"), "anonymous_id", view["anonymous_id"])
        for event in deduplicated(rows.get("content_event", ())).values():
            who = event.get("user_id")
            self._see(event["event_at"], who, "anonymous_id", event["anonymous_id"])
        for event in rows["app_event"]:
            self._app_event(event)

    def _app_event(self, event: Row) -> None:
        when, login, cookie = event["event_time"], event.get("login_id"), event.get("anonymous_id")
        kind = "device_id" if cookie is None else "anonymous_id"
        place = event.get("device_id") if cookie is None else cookie
        self._see(when, login, kind, place)
        if event["type"] == "track_signup":
            self._see(when, login, "anonymous_id", event.get("original_id"))
        if event.get("event") in LOGOUTS and place is not None:
            self.logouts[kind, place].append(when)

    def _see(self, when: datetime, login: str | None, kind: str, value: str | None) -> None:
        if login is not None and value is not None:
            known = self.seen[kind, value]
            known[when] = min(login, known.get(when, login))

    def at(self, node: Node, when: datetime) -> str | None:
        """The login that a cookie or device belongs to at an instant; None before any."""
        seen = self.seen.get(node, {})
        before = [moment for moment in seen if moment <= when]
        if not before:
            return None
        last = max(before)
        after = [moment for moment in seen if moment > when]
        if after and any(last <= moment <= when for moment in self.logouts[node]):
            return seen[min(after)]
        return seen[last]

    def sender(self, cookie: str | None, when: datetime) -> tuple[str, str | None]:
        """What a form of a cookie tells of: the cookie, or a login that took it over."""
        seen = self.seen.get(("anonymous_id", cookie or ""), {})
        login = self.at(("anonymous_id", cookie or ""), when)
        if login is None or login == seen[min(seen)]:
            return "anonymous_id", cookie
        return "login_id", login


def graph_of(rows: dict[str, list[Row]]) -> Graph:
    """The nodes and deterministic edges of all records."""
    graph = Graph()
    holders = Holders(rows)
    for view in deduplicated(rows["pageview"]).values():
        _pair(graph, view["event_at"], "login_id", view.get("user_id"), view["anonymous_id"])
    for event in rows["app_event"]:
        _app_event(graph, event)
    for event in deduplicated(rows.get("content_event", ())).values():
        _pair(graph, event["event_at"], "login_id", event.get("user_id"), event["anonymous_id"])
    for form in rows["form_submit"]:
        graph.see(form["event_time"], "anonymous_id", form["anonymous_id"])
        sender = holders.sender(form["anonymous_id"], form["event_time"])
        for kind in ("phone_hash", "email_hash"):
            graph.see(form["event_time"], kind, form.get(kind))
            graph.join(form["event_time"], (kind, form.get(kind)), sender)
    for record in rows["contact"]:
        _record(graph, record, "contact_id", record["contact_id"])
    forms = {
        form["event_id"]: holders.sender(form["anonymous_id"], form["event_time"])
        for form in rows["form_submit"]
    }
    for record in rows["lead"]:
        _record(graph, record, "lead_id", record["lead_id"])
        merged = (record["lead_id"], record.get("merged_into_id"))
        graph.join(record["created_at"], ("lead_id", merged[1]), ("lead_id", merged[0]))
        source = forms.get(record.get("source_event_id"), ("anonymous_id", None))
        graph.join(record["created_at"], source, ("lead_id", record["lead_id"]))
    for record in rows.get("mkt_registration", ()):
        seen = {**record, "created_at": record["registered_at"]}
        _record(graph, seen, "event_person_key", record["person_key"])
    for click in rows.get("link_click", ()):
        graph.see(click["ts"], "anonymous_id", click.get("anonymous_id"))
    return graph


def _pair(graph: Graph, when: datetime, kind: str, value: str | None, cookie: str | None) -> None:
    graph.see(when, kind, value)
    graph.see(when, "anonymous_id", cookie)
    graph.join(when, (kind, value), ("anonymous_id", cookie))


def _app_event(graph: Graph, event: Row) -> None:
    when, login = event["event_time"], event.get("login_id")
    cookie, device = event.get("anonymous_id"), event.get("device_id")
    original = event.get("original_id")
    if login is None and cookie is None:
        graph.see(when, "anonymous_id", event["distinct_id"])
    _pair(graph, when, "login_id", login, cookie)
    graph.see(when, "anonymous_id", original)
    graph.see(when, "device_id", device)
    if event["type"] == "track_signup":
        graph.join(when, ("login_id", login), ("anonymous_id", original))
    if cookie is not None:
        graph.join(when, ("anonymous_id", cookie), ("device_id", device))
    else:
        graph.join(when, ("login_id", login), ("device_id", device))


def _record(graph: Graph, record: Row, kind: str, value: str) -> None:
    when = record["created_at"]
    graph.see(when, kind, value)
    for contact in ("phone_hash", "email_hash"):
        graph.see(when, contact, record.get(contact))
        graph.join(when, (kind, value), (contact, record.get(contact)))
        if record.get(contact) is not None and record.get("name_hash") is not None:
            graph.names[contact, record[contact]].add(record["name_hash"])


def persons(graph: Graph) -> tuple[dict[Node, str], set[tuple[Node, Node, str]]]:
    """Person id of every node, and the rejected edges with their reason."""
    admitted, rejected = _guarded(graph)
    labels = {node: node for node in graph.nodes if node[0] == "login_id"}
    while True:
        reach = next(
            (pair for pair in admitted if (pair[0] in labels) != (pair[1] in labels)), None
        )
        if reach is None:
            break
        known, fresh = reach if reach[0] in labels else reach[::-1]
        labels[fresh] = labels[known]
    free = [pair for pair in admitted if pair[0] not in labels]
    for pair in admitted:
        if pair[0] in labels and labels[pair[0]] != labels[pair[1]]:
            rejected.add((*pair, "two_logins"))
    groups = _components([node for node in graph.nodes if node not in labels], free)
    by_label: dict[Node, list[Node]] = defaultdict(list)
    for node, label in labels.items():
        by_label[label].append(node)
    named = {}
    for group in [*groups, *by_label.values()]:
        first = min(group, key=graph.order)
        person = md5("|".join(first).encode()).hexdigest()
        named.update(dict.fromkeys(group, person))
    return named, rejected


def periods(rows: dict[str, list[Row]]) -> dict[Node, list[tuple[datetime, str]]]:
    """Persons of every id over time, each with the instant from which it is theirs."""
    graph, holders = graph_of(rows), Holders(rows)
    named, _ = persons(graph)
    admitted = set(_guarded(graph)[0])
    out = {}
    for node, first_seen in graph.nodes.items():
        moments = {first_seen, *holders.seen.get(node, ()), *holders.logouts.get(node, ())}
        spans: list[tuple[datetime, str]] = []
        for moment in sorted(moment for moment in moments if moment >= first_seen):
            login = ("login_id", holders.at(node, moment) or "")
            person = named[login if (login, node) in admitted else node]
            if not spans or spans[-1][1] != person:
                spans.append((moment, person))
        out[node] = spans
    return out


def mapped(con: DuckDBPyConnection) -> dict[Node, list[tuple[datetime, str]]]:
    """The same as map_identity has it."""
    out: dict[Node, list[tuple[datetime, str]]] = defaultdict(list)
    for row in fetch(con, "select * from core.map_identity order by id_type, id_value, period_no"):
        out[row["id_type"], row["id_value"]].append((row["valid_from"], row["person_id"]))
    return dict(out)


def owner(spans: list[tuple[datetime, str]], when: datetime) -> str:
    """Person of an id at an instant; the first one before it was seen."""
    return next((person for since, person in reversed(spans) if since <= when), spans[0][1])


def _guarded(graph: Graph) -> tuple[list[tuple[Node, Node]], set[tuple[Node, Node, str]]]:
    rejected = set()
    open_pairs = []
    for pair in graph.ordered_edges():
        if any(len(graph.names[node]) > 5 or ":shared:" in node[1] for node in pair):
            rejected.add((*pair, "shared_contact"))
        else:
            open_pairs.append(pair)
    beside: dict[tuple[Node, str], int] = defaultdict(int)
    admitted = []
    for pair in open_pairs:
        breaches = False
        for node, neighbour in (pair, pair[::-1]):
            beside[node, neighbour[0]] += 1
            breaches |= beside[node, neighbour[0]] > CAPS.get(neighbour[0], 10**9)
        if breaches:
            rejected.add((*pair, "cap"))
        else:
            admitted.append(pair)
    return admitted, rejected


def _components(nodes: list[Node], pairs: Iterable[tuple[Node, Node]]) -> list[list[Node]]:
    number = {node: place for place, node in enumerate(nodes)}
    ends = np.array([(number[a], number[b]) for a, b in pairs]).reshape(-1, 2)
    matrix = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), (len(nodes), len(nodes)))
    _, labels = connected_components(matrix, directed=False)
    groups: dict[int, list[Node]] = defaultdict(list)
    for node, label in zip(nodes, labels, strict=True):
        groups[int(label)].append(node)
    return list(groups.values())
