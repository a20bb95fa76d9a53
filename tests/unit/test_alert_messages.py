"""Messages of alerts and assessments: what they can say, who signed them, where they belong."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from deploy.documents import DOCUMENTS
from processors.alerts.basis import Anchor, Basis, Secrets, Strength
from processors.alerts.errors import BasisUnreadable
from schemas.alert_errors import AlertInvalid, AlertMisplaced, AssessmentInvalid
from schemas.alerts import (
    ANALYSTS,
    CHANNELS,
    CONTACTS,
    EVERYBODY,
    Assessment,
    open_alert,
    open_assessment,
    sign_alert,
)
from schemas.errors import BadSignature, ForeignKey, KeyCompromised, SealError
from schemas.keys import SigningKey
from schemas.trust import ByStream, TrustDocument, TrustedKey
from tests.unit.alerting import SECRETS, Platform
from tests.unit.test_alert_holding import RISE
from tests.unit.test_alert_plan import THREE

SIGNER = SigningKey.generate("ed25519")
ENTRY = TrustedKey.of(SIGNER.verify_key, owner="platform", purpose="alert")
TRUST = TrustDocument(version=1, authorities=[], keys=[ENTRY])


@pytest.fixture(scope="module")
def platform() -> Platform:
    made = Platform()
    made.tell(THREE, rises=[RISE])
    return made


def one(platform: Platform, channel):
    return next(iter(platform.out[channel].values()))


@pytest.mark.parametrize("channel", [CONTACTS["TUN"], ANALYSTS, EVERYBODY], ids=lambda c: c.topic)
def test_an_alert_is_read_as_it_was_signed(platform: Platform, channel) -> None:
    alert = one(platform, channel)
    value = alert.dump()
    headers = sign_alert(channel, value, SIGNER)
    assert open_alert(channel, alert.id.encode(), value, headers, TRUST) == alert
    with pytest.raises(BadSignature):
        open_alert(channel, alert.id.encode(), value + b" ", headers, TRUST)
    with pytest.raises(BadSignature):
        open_alert(channel, alert.id.encode(), value, [], TRUST)
    with pytest.raises(AlertMisplaced):
        open_alert(channel, b"0" * 32, value, headers, TRUST)


def test_an_alert_proves_nothing_on_the_topic_of_another_country(platform: Platform) -> None:
    alert = one(platform, CONTACTS["TUN"])
    value = alert.dump()
    headers = sign_alert(CONTACTS["TUN"], value, SIGNER)
    for channel in CHANNELS:
        if channel is not CONTACTS["TUN"]:
            with pytest.raises(SealError):
                open_alert(channel, alert.id.encode(), value, headers, TRUST)
    moved = sign_alert(CONTACTS["LBN"], value, SIGNER)
    with pytest.raises(AlertMisplaced):
        open_alert(CONTACTS["LBN"], alert.id.encode(), value, moved, TRUST)


def test_only_a_key_for_alerts_that_nobody_else_holds_signs_alerts(platform: Platform) -> None:
    alert = one(platform, ANALYSTS)
    headers = sign_alert(ANALYSTS, alert.dump(), SIGNER)
    for changes, error in (
        ({"purpose": "release"}, ForeignKey),
        ({"compromised_from": ByStream(default=(1, 1))}, KeyCompromised),
    ):
        key = TrustedKey.model_validate({**ENTRY.model_dump(), **changes})
        trust = TrustDocument(version=2, authorities=[], keys=[key])
        with pytest.raises(error):
            open_alert(ANALYSTS, alert.id.encode(), alert.dump(), headers, trust)


BREAKS = {
    "a state that is not the last step's": {"state": "CONFIRMED"},
    "no evidence though open": {"about": None},
    "merged into nothing": {"state": "MERGED", "about": None},
    "a field more": {"victim": "x"},
    "no history": {"history": []},
}


@pytest.mark.parametrize("break_", BREAKS)
def test_an_incoherent_alert_is_none(platform: Platform, break_: str) -> None:
    channel = CONTACTS["TUN"]
    alert = one(platform, channel)
    value = json.dumps({**json.loads(alert.dump()), **BREAKS[break_]}).encode()
    headers = sign_alert(channel, value, SIGNER)
    with pytest.raises(AlertInvalid) as caught:
        open_alert(channel, alert.id.encode(), value, headers, TRUST)
    assert "victim" not in str(caught.value), "the name of an invented field is not repeated"


def test_a_case_of_another_country_has_no_place_in_an_alert(platform: Platform) -> None:
    channel = CONTACTS["TUN"]
    fields = json.loads(one(platform, channel).dump())
    fields["about"]["cases"][0]["authority"] = "lb.isf"
    value = json.dumps(fields).encode()
    with pytest.raises(AlertInvalid):
        open_alert(channel, b"", value, sign_alert(channel, value, SIGNER), TRUST)


def an_answer(**changes: object) -> bytes:
    fields = {"alert": "a" * 32, "revision": 1, "state": "SEEN", "reason": None, "role": "CONTACT"}
    return json.dumps({**fields, **changes}).encode()


def test_an_answer_is_read_on_the_topic_of_its_reader() -> None:
    channel = CONTACTS["TUN"]
    read = open_assessment(channel, b"a" * 32, an_answer())
    assert open_assessment(channel, b"a" * 32, read.dump()) == read
    with pytest.raises(AssessmentInvalid):
        open_assessment(ANALYSTS, b"a" * 32, an_answer())
    with pytest.raises(AssessmentInvalid):
        open_assessment(channel, b"b" * 32, an_answer())


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": "JOINT_CASE"},
        {"state": "CONFIRMED"},
        {"state": "CONFIRMED", "reason": "COINCIDENCE"},
        {"state": "CONFIRMED", "reason": "CONFIRMED"},
        {"state": "CONFIRMED", "reason": "because Zaynab said so"},
        {"state": "RETRACTED", "reason": "EVIDENCE_WITHDRAWN"},
        {"note": "free text"},
    ],
)
def test_an_answer_has_a_reason_of_its_state_from_a_closed_list_and_no_free_text(changes) -> None:
    with pytest.raises(AssessmentInvalid) as caught:
        open_assessment(CONTACTS["TUN"], b"a" * 32, an_answer(**changes))
    assert "Zaynab" not in str(caught.value)


def test_json_schemas_of_the_contract_take_every_message_and_bite(platform: Platform) -> None:
    messages = yaml.safe_load(DOCUMENTS["asyncapi.yaml"]())["components"]["messages"]
    samples = {
        "contact_alert": json.loads(one(platform, CONTACTS["TUN"]).dump()),
        "analyst_alert": json.loads(one(platform, ANALYSTS).dump()),
        "surge": json.loads(one(platform, EVERYBODY).dump()),
        "assessment": json.loads(Assessment.model_validate_json(an_answer()).dump()),
    }
    for name, sample in samples.items():
        schema = messages[name]["payload"]
        jsonschema.validate(sample, schema)
        for broken in ({**sample, "name": "x"}, {**sample, "state": "GONE"}):
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate(broken, schema)


# --- The basis -----------------------------------------------------------------------------------


def test_a_basis_is_read_by_its_platform_for_its_alert_alone() -> None:
    basis = Basis.of(Strength(3, 2, 1, 0), [Anchor(bytes([n]) * 8, 24_000 + n) for n in range(5)])
    sealed = SECRETS.seal("one", basis)
    assert SECRETS.open("one", sealed) == basis
    assert SECRETS.seal("one", basis) == sealed
    assert SECRETS.seal("other", basis) != sealed
    for secrets, alert in ((SECRETS, "other"), (Secrets(bytes(32)), "one")):
        with pytest.raises(BasisUnreadable):
            secrets.open(alert, sealed)


def test_a_basis_keeps_the_newest_and_one_size() -> None:
    many = [Anchor(n.to_bytes(8, "big"), 24_000 + n) for n in range(100)]
    large, small = (Basis.of(Strength(3, 2, 1, 0), part) for part in (many, many[:1]))
    assert min(anchor.month for anchor in large.anchors) == 24_036
    assert len(SECRETS.seal("a", large)) == len(SECRETS.seal("a", small))
