"""Signing in: the headers that carry a stream's secret, and tokens of OAuth2 client credentials."""

import base64
import json
import time
from typing import assert_never
from urllib.parse import urlencode

from throughline.connect.http import PassingError, Wire
from throughline.connect.requests import Request
from throughline.errors import ConfigError, SourceError
from throughline.rest_stream import Basic, Bearer, ClientCredentials, HeaderKey, NoAuth

_TOKEN_SECONDS = 1800
_MARGIN_SECONDS = 60


class Signer:
    """Makes the sign-in headers of a stream; a token is fetched once and renewed before its end."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._auth = wire.stream.auth
        self._token = ""
        self._until = 0.0
        self._used = 0
        if self._auth.type not in ("none", "basic") and not wire.service.password:
            raise ConfigError(
                f"AIRFLOW_CONN_{wire.service.name.upper()} holds no password, which"
                f" auth type {self._auth.type} sends as its secret"
            )
        if self._auth.type in ("bearer", "header") and not _fits_header(wire.service.password):
            raise ConfigError(
                f"the password of AIRFLOW_CONN_{wire.service.name.upper()} cannot be sent in a"
                " header: it begins or ends with a blank or a line end, or is not all ASCII"
            )

    def headers(self) -> dict[str, str]:
        """Headers of the next request.

        Raises:
            PassingError, SourceError: a token could not be had.
        """
        service, auth = self._wire.service, self._auth
        match auth:
            case NoAuth():
                return {}
            case Bearer():
                return {"Authorization": f"Bearer {service.password}"}
            case Basic():
                return {"Authorization": f"Basic {_pair(service.login, service.password)}"}
            case HeaderKey():
                return {auth.name: f"{auth.prefix}{service.password}"}
            case ClientCredentials():
                return {"Authorization": f"Bearer {self._fresh_token(auth)}"}
            case _:
                assert_never(auth)

    def renews(self) -> bool:
        """Whether a token that was good is refused now; the next request is signed by a new one."""
        was_good = isinstance(self._auth, ClientCredentials) and self._used > 1
        self._until = 0.0 if was_good else self._until
        return was_good

    def _fresh_token(self, auth: ClientCredentials) -> str:
        self._used += 1
        if time.monotonic() < self._until:
            return self._token
        service = self._wire.service
        url = service.base + auth.token_url if auth.token_url.startswith("/") else auth.token_url
        if not url.startswith("https://") and not self._wire.stream.private_network:
            raise SourceError(f"token_url {url} is not https, so the secret could be read")
        form = {"grant_type": "client_credentials"} | ({"scope": auth.scope} if auth.scope else {})
        request = Request("POST", url, body=urlencode(form))
        signed = {
            "Authorization": f"Basic {_pair(service.login, service.password)}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        answer = self._wire.send(request, signed)
        if answer.status != 200:
            raise self._wire.refusal(answer)
        try:
            told = json.loads(answer.body)
            self._token = str(told["access_token"])
            lasts = float(told.get("expires_in") or _TOKEN_SECONDS)
            if not _fits_header(self._token):
                raise ValueError("no token")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise PassingError(self._wire.told("gave no access_token")) from None
        self._used = 1
        self._wire.secrets.append(self._token)
        self._until = time.monotonic() + max(lasts - _MARGIN_SECONDS, 1)
        return self._token


def _fits_header(secret: str) -> bool:
    return secret.isascii() and secret.isprintable() and secret == secret.strip()


def _pair(login: str, password: str) -> str:
    return base64.b64encode(f"{login}:{password}".encode()).decode()
