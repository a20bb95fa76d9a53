"""The table of conformance against the fold itself: every vector has the answer that it names."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from country_adapters import AUTHORITIES
from deploy.conformance.hand import Party
from deploy.conformance.vectors import STREAM, TABLE, Section, Sent, plan
from deploy.documents.error_table import load_all_errors
from schemas.errors import ChainError, EventError, SealError, WireError, tree
from schemas.keys import OpenKey, SigningKey
from schemas.topics import CaseTopic
from schemas.trust import PLATFORM, Anonymity, Authority, TrustDocument, TrustedKey
from tests.world import NOW, Platform, World, code_of


def a_party(authority: str, country: str, epoch: int = 1) -> tuple[Party, World]:
    signer, receipts, opener = (
        SigningKey.generate("ecdsa-p256-sha256"),
        SigningKey.generate("ed25519"),
        OpenKey.generate("mlkem768-x25519"),
    )
    trust = TrustDocument(
        version=1,
        authorities=[
            Authority(id=authority, country=country, epochs={STREAM: epoch}, anonymity=Anonymity())
        ],
        keys=[
            TrustedKey.of(signer.verify_key, owner=authority, purpose="batch"),
            TrustedKey.of(receipts.verify_key, owner=PLATFORM, purpose="receipt"),
            TrustedKey.of(opener.seal_key, owner=PLATFORM, purpose="open"),
        ],
    )
    party = Party(authority, country, signer, trust, NOW, os.urandom, salt=os.urandom(4).hex())
    return party, World(signer, signer, receipts, opener, trust)


def answer(platform: Platform, sent: Sent) -> str:
    """The code that a vector gets, of its batch or of the one event that was refused."""
    platform.topic = CaseTopic(platform.topic.country, sent.partition)
    outcome = platform.take(sent.message)
    refused = outcome.receipt.entries[0].refused if outcome.receipt else ()
    assert [event.index for event in refused] in ([], [0])
    if sent.vector.section is Section.UNREAD:
        assert outcome.receipt is None
        assert outcome.quarantine is not None
    else:
        assert outcome.receipt is not None
    return refused[0].code if refused else code_of(outcome)


@pytest.mark.parametrize("epoch", [1, 3])
@pytest.mark.parametrize(("authority", "country"), AUTHORITIES.items())
def test_every_vector_gets_the_answer_that_it_names(
    authority: str, country: str, epoch: int
) -> None:
    party, world = a_party(authority, country, epoch)
    platform = Platform(world, CaseTopic(country, STREAM))
    got = {sent.vector.title: answer(platform, sent) for sent in plan(party, epoch)}
    assert got == {vector.title: vector.code for vector in TABLE}


OF_WHAT_IS_TOLD = ("RELEASE", "ALERT", "ASSESSMENT", "QUALITY_")
"""Codes of releases, alerts and quality begin so; no batch is ever refused with them."""


def test_what_a_platform_counts_is_what_the_plan_says() -> None:
    party, world = a_party("tn.inltp", "TUN")
    platform = Platform(world)
    counted = 0
    for sent in plan(party, 1):
        platform.topic = CaseTopic("TUN", sent.partition)
        outcome = platform.take(sent.message)
        if outcome.receipt and outcome.receipt.entries[0].status == "ACCEPTED":
            counted += outcome.receipt.entries[0].events_accepted
    assert counted == sum(sent.counted for sent in plan(party, 1))


def test_no_two_vectors_share_a_name_or_a_hash() -> None:
    party, _ = a_party("tn.inltp", "TUN")
    assert Counter(vector.title for vector in TABLE).most_common(1)[0][1] == 1
    sent = [s for s in plan(party, 1) if s.vector.code != "DUPLICATE"]
    hashes = Counter(s.hash for s in sent if s.hash is not None and s.vector.section != "fork")
    assert [h for h, number in hashes.items() if number > 1] == []


def test_nearly_every_refusal_of_the_contract_has_a_vector() -> None:
    """What cannot be asked for needs another trust document, a suspended key or a second epoch."""
    load_all_errors()
    families = (WireError, SealError, ChainError, EventError)
    named = {e.code for family in families for e in tree(family) if not e.__subclasses__()}
    of_batches = {code for code in named if not code.startswith(OF_WHAT_IS_TOLD)}
    missing = of_batches - {vector.code for vector in TABLE}
    assert missing == {
        "KEY_NOT_YET_VALID",
        "KEY_RETIRED",
        "KEY_COMPROMISED",
        "STALE_EPOCH",
    }


def test_a_bad_batch_leaves_the_good_ones_their_place() -> None:
    """One after another: what is refused does not move the chain."""
    party, _ = a_party("tn.inltp", "TUN")
    only_good = [v for v in TABLE if v.section is Section.GOOD]
    assert [s.partition for s in plan(party, 1, only_good)] == [STREAM] * len(only_good)
    assert {s.vector.aside for s in plan(party, 1)} == {0, 1}
