"""Section `alerts` of `throughline.yml`: who is told, where, and when not."""

from datetime import time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Variable = Annotated[str, Field(pattern=r"^[A-Z_][A-Z0-9_]*$")]
"""Name of an environment variable, so that nobody writes a secret where its name belongs."""


class Section(BaseModel):
    """A part of the configuration: no unknown keys, no change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Webhook(Section):
    """Where alerts are posted; URL and signing secret live in the environment."""

    url_env: Variable = "THROUGHLINE_WEBHOOK_URL"
    secret_env: Variable | None = None


class Email(Section):
    """SMTP delivery; user and password live in the environment."""

    host: str
    port: int = Field(default=25, ge=1, le=65535)
    sender: str
    starttls: bool = False
    credentials_env: Variable | None = None


class Channel(Section):
    """A chat or pager: `url_env` names the variable with its address, `secret_env` its secret.

    The secret signs (DingTalk, Feishu) or is the routing key (PagerDuty, whose address is known).
    """

    type: Literal["slack", "dingtalk", "feishu", "wecom", "pagerduty"]
    url_env: Variable | None = None
    secret_env: Variable | None = None

    @model_validator(mode="after")
    def _complete(self) -> "Channel":
        if self.type == "pagerduty" and self.secret_env is None:
            raise ValueError("secret_env must name the variable with the routing key")
        if self.type != "pagerduty" and self.url_env is None:
            raise ValueError(f"url_env must name the variable with the address of the {self.type}")
        if self.type in ("slack", "wecom") and self.secret_env is not None:
            raise ValueError(f"secret_env: messages to {self.type} are not signed; leave it out")
        return self


class Route(Section):
    """Channels that are told at once, and one more when one of them refused three times."""

    channels: tuple[str, ...] = Field(min_length=1)
    backup: str | None = None


class Alerts(Section):
    """Who is told, and how; an owner without an address is mailed at `default_address`.

    An owner without a route has `default_route`; without that one, every channel is told. Messages
    about warnings wait until `quiet_hours` (22:00-08:00, business time) are over. The watchdog
    misses a newer release after `silence_minutes` and the scheduler after `heartbeat_minutes`.
    Messages and history of an incident are kept for `keep_messages_days` after its end, the
    incident itself for `keep_incidents_days`.
    """

    webhook: Webhook | None = None
    email: Email | None = None
    channels: dict[str, Channel] = Field(default_factory=dict)
    routes: dict[str, Route] = Field(default_factory=dict)
    default_route: Route | None = None
    owners: dict[str, str] = Field(default_factory=dict)
    default_address: str = "oncall@localhost"
    quiet_hours: str | None = Field(
        default=None, pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$"
    )
    silence_minutes: int = Field(default=1800, ge=1)
    heartbeat_minutes: int = Field(default=10, ge=1)
    keep_messages_days: int = Field(default=90, ge=1)
    keep_incidents_days: int = Field(default=730, ge=1)
    airflow_url: str | None = Field(default=None, pattern=r"^https?://[^\s]+$")

    @property
    def quiet(self) -> tuple[time, time] | None:
        """Begin and end of the quiet hours, in the business time zone."""
        if self.quiet_hours is None:
            return None
        begin, end = self.quiet_hours.split("-")
        return time.fromisoformat(begin), time.fromisoformat(end)

    @property
    def names(self) -> list[str]:
        """Every channel there is; `webhook` and `email` are those of their sections."""
        given = {"webhook": self.webhook, "email": self.email}
        return [name for name, section in given.items() if section] + list(self.channels)

    @property
    def variables(self) -> list[str]:
        """Environment variables that the channels need."""
        sections = [self.webhook, *self.channels.values()]
        named = [name for s in sections if s for name in (s.url_env, s.secret_env)]
        named.append(self.email.credentials_env if self.email else None)
        return [name for name in named if name]

    @model_validator(mode="after")
    def _routes_lead_somewhere(self) -> "Alerts":
        for taken in ("webhook", "email"):
            if taken in self.channels:
                raise ValueError(f"channels.{taken}: the name is taken; use alerts.{taken}")
        routes = {f"routes.{owner}": route for owner, route in self.routes.items()}
        if self.default_route:
            routes["default_route"] = self.default_route
        for key, route in routes.items():
            named = [("channels", name) for name in route.channels]
            named += [("backup", route.backup)] if route.backup else []
            for field, name in named:
                if name not in self.names:
                    known = ", ".join(self.names) or "none"
                    raise ValueError(f"{key}.{field}: there is no channel {name!r}; known: {known}")
        return self
