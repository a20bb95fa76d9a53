"""What ``console.yaml`` may say, and which roles follow from what a provider says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from deploy.console.errors import ClaimsUnclear, SettingsInvalid, SignInFailed
from deploy.console.security import Role
from deploy.console.security.settings import OpenIdSettings, read_settings
from tests.openid import PEOPLE, ROLES
from tests.unit.deployment import SYSTEMD

OPENID: dict[str, Any] = {
    "issuer": "https://login.example.org/realms/southmed",
    "client_id": "southmed-console",
    "roles": ROLES,
}
TLS = {"certificate": "web.pem", "key": "web.key", "clients": "ca.pem"}
GOOD: dict[str, Any] = {"address": "https://console.example.org", "state": "s", "openid": OPENID}
BY_CERTIFICATE = {**GOOD, "openid": None, "certificates": True}
PROVIDER = OpenIdSettings.model_validate(OPENID)


def written(folder: Path, told: Any) -> Path:
    path = folder / "console.yaml"
    path.write_text(told if isinstance(told, str) else yaml.safe_dump(told))
    return path


@pytest.mark.parametrize(
    "told", [GOOD, {**BY_CERTIFICATE, "tls": TLS}, {**GOOD, "address": "http://127.0.0.1:8470"}]
)
def test_one_way_in_is_enough(tmp_path: Path, told: dict[str, Any]) -> None:
    settings = read_settings(written(tmp_path, told))
    assert settings.state == tmp_path / "s"
    if settings.tls:
        assert settings.tls.clients == tmp_path / "ca.pem"


def test_the_example_for_machines_names_the_keys_that_the_unit_hands_over() -> None:
    settings = read_settings(SYSTEMD / "etc" / "console.yaml")
    assert settings.openid
    assert settings.tls
    named = {settings.openid.client_secret_file, settings.tls.key}
    unit = (SYSTEMD / "southmed-console.service").read_text(encoding="utf-8")
    handed = re.findall(r"^LoadCredential=(\S+\.key):", unit, re.MULTILINE)
    assert named == {settings.state / name for name in handed}


WRONG: dict[str, Any] = {
    "not there": None,
    "no YAML": "address: [",
    "a list": [GOOD],
    "nobody could sign in": {**GOOD, "openid": None},
    "certificates without tls": BY_CERTIFICATE,
    "certificates of nobody's": {**BY_CERTIFICATE, "tls": {**TLS, "clients": None}},
    "an address without tls": {**GOOD, "address": "http://console.example.org"},
    "an address with a secret": {**GOOD, "address": "https://me:secret@console.example.org"},
    "a provider without tls": {**GOOD, "openid": {**OPENID, "issuer": "http://login.example.org"}},
    "something not known": {**GOOD, "unsafe_open": True},
    "a secret in the file": {**GOOD, "openid": {**OPENID, "client_secret": "s3cret-value"}},
    "no roles": {**GOOD, "openid": {**OPENID, "roles": []}},
    "a role that is none": {
        **GOOD,
        "openid": {**OPENID, "roles": [{"claim": "g", "value": "v", "role": "admin"}]},
    },
    "a contact point of nowhere": {
        **GOOD,
        "openid": {**OPENID, "roles": [{"claim": "g", "value": "v", "role": "contact"}]},
    },
    "an analyst of a country": {
        **GOOD,
        "openid": {
            **OPENID,
            "roles": [{"claim": "g", "value": "v", "role": "analyst", "country": "TUN"}],
        },
    },
    "a country that takes no part": {
        **GOOD,
        "openid": {
            **OPENID,
            "roles": [{"claim": "g", "value": "v", "role": "contact", "country": "FRA"}],
        },
    },
}


@pytest.mark.parametrize("why", WRONG)
def test_a_file_that_is_wrong_serves_nothing(tmp_path: Path, why: str) -> None:
    path = tmp_path / "nothing" if WRONG[why] is None else written(tmp_path, WRONG[why])
    with pytest.raises(SettingsInvalid) as raised:
        read_settings(path)
    assert "s3cret-value" not in str(raised.value)


@pytest.mark.parametrize(
    ("who", "roles", "country"),
    [
        ("vera", {Role.VIEWER}, ""),
        ("nour", {Role.VIEWER, Role.CONTACT}, "TUN"),
        ("idir", {Role.VIEWER, Role.CONTACT}, "MAR"),
        ("anna", {Role.VIEWER, Role.ANALYST}, ""),
        ("omar", {Role.VIEWER, Role.OPERATOR}, ""),
    ],
)
def test_roles_follow_from_claims_by_the_table(who: str, roles: set[Role], country: str) -> None:
    reader = PROVIDER.reader({"sub": who, "groups": PEOPLE[who]})
    assert (reader.name, reader.roles, reader.country) == (who, roles, country)


NO_ROLE: dict[str, Any] = {
    "no groups": {},
    "other groups": {"groups": ["others"]},
    "a part of a group's name": {"groups": "southmed-tn-former"},
    "letters in another case": {"groups": ["SOUTHMED-TN"]},
    "a number": {"groups": 1},
    "nothing": {"groups": None},
    "a group as a key": {"groups": {"southmed-tn": True}},
    "two countries": {"groups": ["southmed-tn", "southmed-ma"]},
}


@pytest.mark.parametrize("why", NO_ROLE)
def test_claims_that_do_not_say_it_give_no_role(why: str) -> None:
    with pytest.raises(ClaimsUnclear):
        PROVIDER.reader({"sub": "somebody", **NO_ROLE[why]})


@pytest.mark.parametrize("name", [None, "", 7, ["nour"]])
def test_who_has_no_name_is_not_let_in(name: object) -> None:
    with pytest.raises(SignInFailed):
        PROVIDER.reader({"sub": name, "groups": ["southmed-tn"]})


@given(st.dictionaries(st.sampled_from(["groups", "role", "sub"]), st.text() | st.lists(st.text())))
def test_no_claims_but_those_of_the_table_give_a_role(claims: dict[str, Any]) -> None:
    values = {row["value"] for row in ROLES}
    told = claims.get("groups", [])
    if values.isdisjoint([told] if isinstance(told, str) else told):
        with pytest.raises((ClaimsUnclear, SignInFailed)):
            PROVIDER.reader(claims)
