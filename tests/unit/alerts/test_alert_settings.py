"""A wrong key below `alerts` is named."""

from pathlib import Path

import pytest

from alert_case import write_settings
from throughline.errors import ConfigError

SLACK = "channels: {chat: {type: slack, url_env: CHAT_URL}}"


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("channels: {chat: {type: icq, url_env: X}}", ["alerts.channels.chat.type"]),
        ("channels: {chat: {type: slack}}", ["alerts.channels.chat", "url_env"]),
        (
            "channels: {chat: {type: slack, url_env: https://hooks.example/T0/B0}}",
            ["alerts.channels.chat.url_env"],
        ),
        (
            "channels: {chat: {type: slack, url_env: A, secret_env: B}}",
            ["alerts.channels.chat", "secret_env"],
        ),
        ("channels: {duty: {type: pagerduty}}", ["alerts.channels.duty", "secret_env"]),
        (f"{SLACK}\n  routes: {{crm: {{channels: []}}}}", ["alerts.routes.crm.channels"]),
        (f"{SLACK}\n  routes: {{crm: {{}}}}", ["alerts.routes.crm.channels"]),
        (
            f"{SLACK}\n  routes: {{crm: {{channels: [chta]}}}}",
            ["alerts", "routes.crm.channels", "'chta'", "known: chat"],
        ),
        (
            f"{SLACK}\n  default_route: {{channels: [chat], backup: email}}",
            ["alerts", "default_route.backup", "'email'"],
        ),
        ("channels: {email: {type: slack, url_env: A}}", ["alerts", "channels.email"]),
        ("email: {host: h, sender: s, port: 0}", ["alerts.email.port"]),
        ("quiet_hours: 22-8", ["alerts.quiet_hours"]),
        ("quiet_hours: 22:00", ["alerts.quiet_hours"]),
        ("silence_minutes: 0", ["alerts.silence_minutes"]),
        ("heartbeat_minutes: soon", ["alerts.heartbeat_minutes"]),
        ("airflow_url: api-server:8080", ["alerts.airflow_url"]),
        ("webhook: {uri_env: A}", ["alerts.webhook.uri_env"]),
    ],
)
def test_wrong_setting_is_refused_by_its_name(
    tmp_path: Path, written: str, named: list[str]
) -> None:
    with pytest.raises(ConfigError) as refused:
        write_settings(tmp_path, f"  {written}\n")
    for part in named:
        assert part in str(refused.value)
    assert "hooks.example" not in str(refused.value), "a secret in the wrong place is not shown"


def test_variables_that_channels_need_are_known(tmp_path: Path) -> None:
    settings = write_settings(
        tmp_path,
        "  webhook: {}\n"
        "  email: {host: h, sender: s, credentials_env: MAIL}\n"
        "  channels: {duty: {type: pagerduty, secret_env: KEY}, c: {type: wecom, url_env: URL}}\n",
    )
    assert settings.alerts.names == ["webhook", "email", "duty", "c"]
    assert settings.alerts.variables == ["THROUGHLINE_WEBHOOK_URL", "KEY", "URL", "MAIL"]
