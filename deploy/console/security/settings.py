"""``console.yaml``: how the console is reached, and how readers sign in.

Paths are meant from the folder of the file. What is not known here is an error, and so is a file in
which nobody could sign in.

Example:

.. code-block:: yaml

    address: https://console.example.org
    state: /var/lib/southmed/console
    openid:
      issuer: https://login.example.org/realms/southmed
      client_id: southmed-console
      client_secret_file: client.secret
      roles:
        - {claim: groups, value: southmed-readers, role: viewer}
        - {claim: groups, value: southmed-tn, role: contact, country: TUN}
    certificates: true
    tls: {certificate: web.pem, key: web.key, clients: ca.pem}
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.functional_validators import AfterValidator

from deploy.console.errors import ClaimsUnclear, SettingsInvalid, SignInFailed
from deploy.console.security.roles import Reader, Role
from schemas.codelists import CodeOf


def is_here(host: str) -> bool:
    """Whether a host of an address is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def safe_address(address: str) -> str:
    parts = urlsplit(address)
    if not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("not an address")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_here(parts.hostname)):
        raise ValueError("https, or http on loopback")
    return address.rstrip("/")


Address = Annotated[str, AfterValidator(safe_address)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Granted(_Closed):
    """One row of the table of roles: who has this value in this claim holds this role."""

    claim: Annotated[str, Field(min_length=1)]
    value: Annotated[str, Field(min_length=1)]
    role: Role
    country: Annotated[str, CodeOf("CL_REPORTING_COUNTRY")] | None = None

    @model_validator(mode="after")
    def _contact_points_have_a_country(self) -> Self:
        if (self.role is Role.CONTACT) != (self.country is not None):
            raise ValueError("country: of a contact point, and of nobody else")
        return self

    def fits(self, claims: Mapping[str, Any]) -> bool:
        """Whether the claims say so: the value itself, or a list that holds it."""
        found = claims.get(self.claim)
        return self.value in found if isinstance(found, list) else found == self.value


class OpenIdSettings(_Closed):
    """The provider at which readers sign in."""

    issuer: Annotated[str, AfterValidator(lambda told: (safe_address(told), told)[1])]
    """As the provider writes it, letter by letter."""
    client_id: Annotated[str, Field(min_length=1)]
    client_secret_file: Path | None = None
    """Readable by its owner only; without one the console is a public client. PKCE is in both."""
    scopes: list[str] = ["openid", "profile"]
    name_claim: str = "sub"
    """What the audit log calls people by; it has to be one that is never given to another."""
    roles: Annotated[list[Granted], Field(min_length=1)]
    authorities: Path | None = None
    """Certificates by which the provider is known, if not by those of the system."""

    def reader(self, claims: Mapping[str, Any]) -> Reader:
        """Who somebody is, by what the provider says of them.

        Raises:
            SignInFailed: They have no name.
            ClaimsUnclear: No role follows, or contact points of two countries.
        """
        name = claims.get(self.name_claim)
        if not isinstance(name, str) or not name:
            raise SignInFailed(expected=f"a claim {self.name_claim}")
        rows = [row for row in self.roles if row.fits(claims)]
        countries = {row.country for row in rows if row.country}
        if not rows or len(countries) > 1:
            raise ClaimsUnclear(expected="roles, of at most one country", got=f"{len(rows)} rows")
        # Whoever holds any role reads what is published, but the operator's alone.
        roles = {row.role for row in rows} | {Role.VIEWER}
        return Reader(name, frozenset(roles), "".join(countries), "session")


class TlsSettings(_Closed):
    """TLS of the console itself; without it something before it has to speak TLS."""

    certificate: Path
    """With what it was issued by, if that is not known to browsers."""
    key: Path
    """Readable by its owner only."""
    clients: Path | None = None
    """The authority of client certificates: the platform's ``ca.pem``."""


class Settings(_Closed):
    """The whole file."""

    address: Address
    """Where browsers find the console."""
    state: Path
    """Folder of sessions, the audit log and the key of both; the console's alone."""
    openid: OpenIdSettings | None = None
    certificates: bool = False
    """Whether client certificates of the platform are ways in."""
    tls: TlsSettings | None = None
    behind_proxy: bool = False
    """Whether a proxy on this machine stands before it and says where requests come from."""
    map: Path | None = None
    """GeoJSON of the host's own, in the place of the map that ships."""

    @model_validator(mode="after")
    def _somebody_may_come_in(self) -> Self:
        if self.openid is None and not self.certificates:
            raise ValueError("openid or certificates: one way in at least")
        if self.certificates and (self.tls is None or self.tls.clients is None):
            raise ValueError("certificates: only with tls and its clients")
        return self

    @property
    def host(self) -> str:
        """The name that browsers ask for."""
        return urlsplit(self.address).hostname or ""


def read_settings(path: Path) -> Settings:
    """Reads the file.

    Raises:
        SettingsInvalid: It cannot be read, or says what it may not.
    """
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
        settings = Settings.model_validate(told)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsInvalid(expected=f"YAML in {path}", got=type(error).__name__) from None
    except ValidationError as problem:
        places = (
            f"{'.'.join(map(str, e['loc'])) or 'console.yaml'}: {e['msg']}"
            for e in problem.errors(include_input=False)[:5]
        )
        raise SettingsInvalid(got="; ".join(places)) from None
    return _from(path.resolve().parent, settings)


def _from(folder: Path, settings: Settings) -> Settings:
    """The settings with paths that hold wherever the process stands."""

    def here(model: BaseModel) -> dict[str, Any]:
        return {
            name: folder / value if isinstance(value, Path) else value
            for name, value in ((name, getattr(model, name)) for name in type(model).model_fields)
        }

    found = here(settings)
    for name in ("openid", "tls"):
        inner = getattr(settings, name)
        if inner is not None:
            found[name] = inner.model_copy(update=here(inner))
    return settings.model_copy(update=found)
