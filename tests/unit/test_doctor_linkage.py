"""What the doctor says of linkage keys: of the document's years, and of what a holder has."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from deploy.doctor.findings import State
from deploy.doctor.linkage import YEARS, judge_epoch, judge_key, look_at_linkage
from deploy.home import Site, init_site
from deploy.trustee import Place, enrol, make_key
from schemas.linkage_keys import LinkageKey
from schemas.trust import ByStream, LinkageEpoch, TrustDocument
from tests.unit.findings import FAIL, OK, WARN, states
from tests.unit.trustees import COE, OTHER, TRUST, TRUSTEE, TUNISIA, WHOLE, YEAR, entry, listed

SHARES = WHOLE.split(secrets.token_bytes)
AGAIN = WHOLE.split(secrets.token_bytes)
LOST = ByStream(default=(1, 1))


def judged(named: LinkageEpoch, trust: TrustDocument = TRUST) -> tuple[State, str]:
    (found,) = judge_epoch(trust, named)
    states([found])
    return found.state, found.what.split(":")[0]


# --- The trust document --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "state"),
    [
        ([WHOLE], OK),
        (SHARES, WARN),  # The third holder has no signing key in this document.
        (AGAIN, WARN),
        ([SHARES[0], SHARES[1], AGAIN[2]], FAIL),
        ([AGAIN[0], SHARES[1], SHARES[2]], FAIL),
        (OTHER.split(secrets.token_bytes), FAIL),
    ],
)
def test_public_halves_of_a_year_are_those_of_one_key(keys: list[LinkageKey], state: State) -> None:
    found, code = judged(entry(*keys))
    assert found == state
    assert (code == "KEY_SHARE_INVALID") == (state == FAIL)


def test_a_public_key_that_is_none_is_found() -> None:
    nothing = entry(WHOLE).model_copy(update={"public": "ff" * 32})
    assert judged(nothing) == (FAIL, "ELEMENT_INVALID")


@pytest.mark.parametrize(
    ("keys", "lost", "state"),
    [
        ([WHOLE], [COE], OK),
        ([WHOLE], [TRUSTEE], FAIL),
        (SHARES, [], WARN),
        (SHARES, [COE], FAIL),
        (SHARES, [TRUSTEE, COE], FAIL),
    ],
)
def test_a_year_needs_enough_holders_whose_answers_are_believed(
    keys: list[LinkageKey], lost: list[str], state: State
) -> None:
    """Of three shares two have to answer; the third holder is not enrolled here."""
    listing = [
        key.model_copy(update={"compromised_from": LOST}) if key.owner in lost else key
        for key in TRUST.keys
    ]
    assert judged(entry(*keys), TRUST.following(keys=listing))[0] == state


def test_a_key_of_another_purpose_makes_nobody_a_holder() -> None:
    batch = listed(TRUSTEE, "evaluation").model_copy(update={"purpose": "batch"})
    assert judged(entry(WHOLE), TRUST.following(keys=[batch]))[0] == FAIL


# --- A holder ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "named", "state", "code"),
    [
        (WHOLE, entry(WHOLE), OK, "the whole key"),
        (SHARES[0], entry(*SHARES), OK, "share 1"),
        (None, entry(WHOLE), FAIL, "LINKAGE_KEY_MISSING"),
        (OTHER, entry(WHOLE), FAIL, "KEY_NOT_HELD"),
        (WHOLE, entry(*SHARES), FAIL, "KEY_NOT_HELD"),
        (AGAIN[0], entry(*SHARES), FAIL, "KEY_NOT_HELD"),
        (SHARES[1], entry(*SHARES), FAIL, "KEY_NOT_HELD"),
        (WHOLE, None, WARN, "held here"),
    ],
)
def test_a_holder_has_what_the_document_names_it_for(
    key: LinkageKey | None, named: LinkageEpoch | None, state: State, code: str
) -> None:
    found = judge_key(TRUSTEE, YEAR, key, named.shares[0] if named else None)
    assert states([found]) == {state}
    assert found.what.startswith(code)


# --- A site --------------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return init_site(tmp_path / "site", {TUNISIA: "TUN"})


def test_a_site_without_tokens_or_without_a_document_is_no_fault_here(site: Site) -> None:
    (none,) = look_at_linkage(site)
    assert (none.check, none.state) == (YEARS, State.SKIPPED)
    site.trust_file.write_text("{", encoding="utf-8")
    (unread,) = look_at_linkage(site)
    assert (unread.check, unread.state) == (YEARS, State.SKIPPED)


def test_a_holder_of_one_key_is_in_order_and_looking_writes_nothing(site: Site) -> None:
    place = Place(site, "trustee.linkage")
    enrol(place)
    make_key(place, YEAR)
    before = sorted(path.name for path in place.folder.iterdir())
    assert states(look_at_linkage(site)) == {OK, State.SKIPPED}
    assert sorted(path.name for path in place.folder.iterdir()) == before
