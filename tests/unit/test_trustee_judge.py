"""What a trustee does with a request: who is answered, with what, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from secrets import token_bytes

import pytest

from processors.linkage.judge import Decision, Kept, Office, State, judge
from processors.linkage.quota import A_DAY, BURST, DAY_MS, Account, Grant
from schemas.codec import encode
from schemas.dsse import sign_statement
from schemas.errors import WireError, tree
from schemas.evaluations import check_and_combine
from schemas.linkage import (
    MAX_ELEMENTS,
    REQUEST_TYPE,
    Request,
    sign_request,
)
from schemas.oprf import token, unblind
from schemas.trust import ByStream
from tests.unit.trustees import (
    COE,
    MOROCCO,
    NOON,
    OFFICE,
    OTHER,
    SIGNERS,
    TRUST,
    TRUSTEE,
    TUNISIA,
    WHOLE,
    YEAR,
    Question,
    a_question,
    entry,
    listed,
    read,
    with_grants,
)


@dataclass
class Booked:
    """A book in memory: what was decided, and nothing else."""

    answers: dict[tuple[str, bytes], Kept] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)

    def kept(self, authority: str, request_id: bytes) -> Kept | None:
        return self.answers.get((authority, request_id))

    def account(self, authority: str) -> Account:
        return self.accounts.get(authority, Account())

    def ask(
        self, message: bytes, *, country: str = "TUN", office: Office = OFFICE, now: int = NOON
    ) -> Decision:
        """Has a request decided on, and books it."""
        decision = judge(message, country, self, office, now, token_bytes)
        if decision.account:
            self.accounts[decision.authority] = decision.account
        if decision.kept:
            self.answers[decision.authority, decision.request_id] = decision.kept
        return decision


# --- Answers -------------------------------------------------------------------------------------


def test_what_is_asked_is_evaluated_and_proven() -> None:
    asked = a_question(3)
    decision = Booked().ask(asked.message)
    answer = read(decision.message)
    elements = check_and_combine(TRUST.linkage[0], asked.request.elements, [answer])
    due = [token(WHOLE._scalar, name) for name in asked.names]
    assert unblind(asked.names, asked.blinds, elements) == due
    assert (answer.code, answer.left, decision.state) == ("", BURST - 3, State.EVALUATED)


def test_the_same_request_again_is_answered_alike_and_costs_nothing() -> None:
    book, asked = Booked(), a_question(5)
    first, again = book.ask(asked.message), book.ask(asked.message, now=NOON + 1)
    assert again.message == first.message
    assert (again.state, again.left) == (State.REPEATED, BURST - 5)
    assert book.account(TUNISIA).left((), NOON) == BURST - 5


def test_the_same_id_of_two_authorities_is_two_requests() -> None:
    book, ours, theirs = Booked(), a_question(), a_question(authority=MOROCCO)
    theirs = replace(theirs, request=replace(theirs.request, request_id=ours.request.request_id))
    assert book.ask(ours.message).code == ""
    assert book.ask(theirs.message, country="MAR").state is State.EVALUATED


def test_once_the_key_was_split_the_same_request_is_evaluated_anew_at_no_cost() -> None:
    book, asked = Booked(), a_question(5)
    book.ask(asked.message)
    share = WHOLE.split(token_bytes)
    office = replace(OFFICE, trust=TRUST.following(linkage=[entry(*share)]), keys={YEAR: share[0]})
    again = book.ask(asked.message, office=office)
    assert (again.state, again.left) == (State.EVALUATED, BURST - 5)
    assert book.ask(asked.message, office=office).message == again.message


# --- Refusals that are told ----------------------------------------------------------------------


def of(question: Question, **changes: object) -> bytes:
    request = Request(**{**vars(question.request), **changes})
    return sign_request(request, SIGNERS[request.authority])


def oversized() -> bytes:
    elements = a_question().request.elements * (MAX_ELEMENTS + 1)
    fields = {**vars(a_question().request), "elements": list(elements)}
    return sign_statement(REQUEST_TYPE, encode("linkage_request", fields), SIGNERS[TUNISIA])


def empty() -> bytes:
    fields = {**vars(a_question().request), "elements": []}
    return sign_statement(REQUEST_TYPE, encode("linkage_request", fields), SIGNERS[TUNISIA])


def reused(book: Booked, **changes: object) -> bytes:
    asked = a_question()
    book.ask(asked.message)
    return of(asked, **changes)


def too_many(book: Booked) -> bytes:
    for _ in range(2):
        book.ask(a_question(MAX_ELEMENTS).message)
    return a_question().message


TOLD: dict[str, tuple[Callable[[Booked], bytes], Office, str]] = {
    "more elements than may be": (lambda _: oversized(), OFFICE, "OVERSIZED"),
    "no elements at all": (lambda _: empty(), OFFICE, "OVERSIZED"),
    "a year without a key": (
        lambda _: a_question(epoch="2031").message,
        OFFICE,
        "UNKNOWN_EPOCH",
    ),
    "bytes that are no element": (
        lambda _: of(a_question(), elements=(b"\xff" * 32,)),
        OFFICE,
        "ELEMENT_INVALID",
    ),
    "the identity": (
        lambda _: of(a_question(), elements=(bytes(32),)),
        OFFICE,
        "ELEMENT_INVALID",
    ),
    "one bad element among good ones": (
        lambda _: of(a_question(), elements=(*a_question(3).request.elements, bytes(32))),
        OFFICE,
        "ELEMENT_INVALID",
    ),
    "an id that was used for other elements": (
        lambda book: reused(book, elements=a_question().request.elements),
        OFFICE,
        "REQUEST_REUSED",
    ),
    "an id that was used for another year": (
        lambda book: reused(book, epoch="2025"),
        OFFICE,
        "REQUEST_REUSED",
    ),
    "more than the quota": (too_many, OFFICE, "QUOTA_EXCEEDED"),
    "a key that is not the announced one": (
        lambda _: a_question().message,
        replace(OFFICE, keys={YEAR: OTHER}),
        "KEY_NOT_HELD",
    ),
    "no key at all": (
        lambda _: a_question().message,
        replace(OFFICE, keys={}),
        "KEY_NOT_HELD",
    ),
}


@pytest.mark.parametrize("what", TOLD)
def test_it_is_refused_with_a_code_in_a_signed_answer_and_costs_nothing(what: str) -> None:
    make, office, code = TOLD[what]
    book = Booked()
    message = make(book)
    before = book.account(TUNISIA)
    decision = book.ask(message, office=office)
    answer = read(decision.message)
    assert (decision.state, decision.code, answer.code) == (State.REFUSED, code, code)
    assert (answer.elements, answer.proof) == ((), b"")
    assert (answer.authority, answer.request_id) == (TUNISIA, decision.request_id)
    assert book.account(TUNISIA) == before


def test_a_refusal_binds_nobody_the_same_request_is_judged_anew() -> None:
    book = Booked()
    message = too_many(book)
    assert book.ask(message).code == "QUOTA_EXCEEDED"
    assert book.ask(message, now=NOON + DAY_MS).state is State.EVALUATED


# --- Refusals that are only booked ---------------------------------------------------------------

STRANGER = "fr.miprof"


def by(signer: str, authority: str, kind: str = REQUEST_TYPE) -> bytes:
    fields = {**vars(a_question().request), "authority": authority}
    fields["elements"] = list(fields["elements"])
    return sign_statement(kind, encode("linkage_request", fields), SIGNERS[signer])


def altered() -> bytes:
    message = bytearray(a_question().message)
    message[-200] ^= 1
    return bytes(message)


@pytest.mark.parametrize(
    "message",
    [b"", b"southmed", encode("clock_question", {}), sign_statement("x", b"x", SIGNERS[TUNISIA])],
    ids=["nothing", "bytes that are no message", "another message", "a statement of nothing"],
)
def test_what_cannot_be_read_is_only_booked(message: bytes) -> None:
    decision = Booked().ask(message)
    assert (decision.message, decision.authority, decision.account) == (None, "", None)
    assert issubclass(BY_CODE[decision.code], WireError)


BY_CODE = {error.code: error for error in tree()}

UNTOLD: dict[str, tuple[bytes, str, str, str]] = {
    "an authority that is not listed": (by(TUNISIA, STRANGER), "TUN", "UNKNOWN_AUTHORITY", ""),
    "another country's authority": (by(TUNISIA, MOROCCO), "TUN", "WRONG_TOPIC", MOROCCO),
    "another country's own request": (
        a_question(authority=MOROCCO).message,
        "TUN",
        "WRONG_TOPIC",
        MOROCCO,
    ),
    "another authority's signature": (by(MOROCCO, TUNISIA), "TUN", "FOREIGN_KEY", TUNISIA),
    "a holder's signature": (by(TRUSTEE, TUNISIA), "TUN", "FOREIGN_KEY", TUNISIA),
    "a statement of another kind": (
        by(TUNISIA, TUNISIA, "application/vnd.southmed.receipt.v1+avro"),
        "TUN",
        "WRONG_PAYLOAD_TYPE",
        TUNISIA,
    ),
}


@pytest.mark.parametrize("what", UNTOLD)
def test_where_nobody_can_be_held_to_it_it_is_only_booked(what: str) -> None:
    message, country, code, authority = UNTOLD[what]
    book = Booked()
    decision = book.ask(message, country=country)
    assert decision.message is None
    found = (decision.state, decision.code, decision.authority)
    assert found == (State.REFUSED, code, authority)
    assert book == Booked()


def test_a_request_that_was_altered_is_not_answered() -> None:
    decision = Booked().ask(altered())
    assert (decision.message, decision.state) == (None, State.REFUSED)


def test_an_oversized_request_of_somebody_else_is_not_answered() -> None:
    elements = list(a_question().request.elements * (MAX_ELEMENTS + 1))
    fields = {**vars(a_question().request), "elements": elements}
    message = sign_statement(REQUEST_TYPE, encode("linkage_request", fields), SIGNERS[MOROCCO])
    decision = Booked().ask(message)
    assert (decision.message, decision.code) == (None, "FOREIGN_KEY")


def test_a_key_that_was_compromised_asks_for_nothing() -> None:
    lost = listed(TUNISIA, "batch").model_copy(
        update={"compromised_from": ByStream(default=(1, 5))}
    )
    trust = TRUST.following(keys=[lost, *TRUST.keys[1:]])
    decision = Booked().ask(a_question().message, office=replace(OFFICE, trust=trust))
    assert (decision.message, decision.code) == (None, "KEY_COMPROMISED")


def test_a_holder_that_nobody_named_keeps_silent() -> None:
    office = replace(OFFICE, holder=COE, signer=SIGNERS[COE], keys={})
    decision = Booked().ask(a_question().message, office=office)
    assert (decision.message, decision.code) == (None, "KEY_NOT_HELD")


# --- Quota and grants ----------------------------------------------------------------------------

GRANT = Grant(
    authority=TUNISIA, elements=700, until=date(2026, 12, 31), reason="Joins with six years of it."
)


def test_a_burst_a_day_s_share_and_no_more() -> None:
    book = Booked()
    asked = [book.ask(a_question(250).message) for _ in range(5)]
    assert [decision.left for decision in asked] == [750, 500, 250, 0, 0]
    assert [bool(decision.code) for decision in asked] == [False] * 4 + [True]
    assert book.ask(a_question(A_DAY + 1).message, now=NOON + DAY_MS).code == "QUOTA_EXCEEDED"
    assert book.ask(a_question(A_DAY).message, now=NOON + DAY_MS).code == ""


def test_one_authority_s_quota_is_not_another_s() -> None:
    book = Booked()
    too_many(book)
    theirs = book.ask(a_question(MAX_ELEMENTS, authority=MOROCCO).message, country="MAR")
    assert theirs.left == BURST - MAX_ELEMENTS


def test_a_written_grant_gives_more_once_and_to_its_authority_only() -> None:
    book, office = Booked(), with_grants(GRANT)
    asked = [book.ask(a_question(425).message, office=office) for _ in range(5)]
    assert [d.left for d in asked] == [1275, 850, 425, 0, 0]
    assert asked[-1].code == "QUOTA_EXCEEDED"
    theirs = book.ask(a_question(authority=MOROCCO).message, country="MAR", office=office)
    assert theirs.left == BURST - 1


def test_a_grant_ends_with_its_day() -> None:
    office = with_grants(GRANT.model_copy(update={"until": date(2026, 1, 1)}))
    assert Booked().ask(a_question().message, office=office).left == BURST - 1
