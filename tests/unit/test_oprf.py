"""Linkage tokens: RFC 9497 to the byte, and what is refused on the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from secrets import token_bytes
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voprf import ristretto as other

from schemas import ristretto
from schemas.oprf import (
    MAX_BATCH,
    MAX_INPUT,
    PROOF_LENGTH,
    blind,
    derive_key,
    evaluate,
    evaluate_unproven,
    finalize,
    public_of,
    token,
    unblind,
    verify,
)
from schemas.oprf_errors import (
    ElementInvalid,
    OprfBatchInvalid,
    OprfInputInvalid,
    ProofInvalid,
    RistrettoUnavailable,
    ScalarInvalid,
)
from schemas.oprf_hashing import OPRF, VOPRF, Context, expand_message_xmd
from schemas.ristretto import (
    IDENTITY,
    Element,
    Scalar,
    generated,
    inverse,
    minus,
    multiple,
    plus,
    random_scalar,
    read_element,
    read_scalar,
    small,
    times,
    total,
)

FACTS = json.loads((Path(__file__).parent / "data" / "oprf_vectors.json").read_text("utf-8"))
MODES: dict[int, Context] = {0: OPRF, 1: VOPRF}
ORDER = 2**252 + 27742317777372353535851937790883648493
PRIME = 2**255 - 19


def _of_mode(mode: int) -> dict[str, Any]:
    return {**next(found for found in FACTS["modes"] if found["mode"] == mode)}


def _bytes(texts: list[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


def _giving(*scalars: str) -> Callable[[int], bytes]:
    """Random bytes that become these scalars, one after the other."""
    waiting = iter(_bytes(list(scalars)))
    return lambda length: next(waiting).ljust(length, b"\0")


VECTORS: list[tuple[int, dict[str, Any]]] = [
    (found["mode"], vector) for found in FACTS["modes"] for vector in found["vectors"]
]
BATCHES = [(mode, vector) for mode, vector in VECTORS if "proof" in vector]


def _name(value: Any) -> str:
    return "+".join(value["inputs"]) if isinstance(value, dict) else f"mode {value}"


class TestTheVectorsOfTheRfc:
    def test_all_five_are_there_one_of_them_a_batch(self) -> None:
        counts = [(mode, len(vector["inputs"])) for mode, vector in VECTORS]
        assert counts == [(0, 1), (0, 1), (1, 1), (1, 1), (1, 2)]

    @pytest.mark.parametrize("mode", MODES)
    def test_a_key_is_derived_from_seed_and_info(self, mode: int) -> None:
        facts = _of_mode(mode)
        seed, info = bytes.fromhex(facts["seed"]), bytes.fromhex(facts["key_info"])
        key = derive_key(seed, info, MODES[mode])
        assert key.hex() == facts["key"]
        assert public_of(key).hex() == facts.get("public", public_of(key).hex())
        assert (b"HashToGroup-" + MODES[mode].string).hex() == facts["group_tag"]

    @pytest.mark.parametrize(("mode", "vector"), VECTORS, ids=_name)
    def test_blinding_evaluating_and_finalising_agree(
        self, mode: int, vector: dict[str, Any]
    ) -> None:
        context, key = MODES[mode], read_scalar(bytes.fromhex(_of_mode(mode)["key"]))
        inputs = _bytes(vector["inputs"])
        blinds, blinded = blind(inputs, _giving(*vector["blinds"]), context)
        assert blinds == _bytes(vector["blinds"])
        assert blinded == _bytes(vector["blinded"])
        evaluated = evaluate_unproven(key, blinded)
        assert evaluated == _bytes(vector["evaluated"])
        outputs = _bytes(vector["outputs"])
        assert unblind(inputs, blinds, evaluated) == outputs
        assert [token(key, one, context) for one in inputs] == outputs

    @pytest.mark.parametrize(("mode", "vector"), BATCHES, ids=_name)
    def test_proofs_agree(self, mode: int, vector: dict[str, Any]) -> None:
        facts = _of_mode(mode)
        key, blinded = read_scalar(bytes.fromhex(facts["key"])), _bytes(vector["blinded"])
        evaluated, proof = evaluate(key, blinded, _giving(vector["nonce"]))
        assert proof.hex() == vector["proof"]
        made = finalize(
            _bytes(vector["inputs"]),
            [read_scalar(one) for one in _bytes(vector["blinds"])],
            evaluated,
            blinded,
            proof,
            bytes.fromhex(facts["public"]),
        )
        assert made == _bytes(vector["outputs"])

    @pytest.mark.parametrize("vector", FACTS["expand_message_xmd"]["vectors"], ids=str)
    def test_messages_are_expanded_as_in_rfc_9380(self, vector: dict[str, Any]) -> None:
        tag = FACTS["expand_message_xmd"]["tag"].encode()
        expanded = expand_message_xmd(vector["message"].encode(), tag, vector["length"])
        assert expanded.hex() == vector["uniform"]

    @pytest.mark.parametrize(("tag", "length"), [(b"t" * 256, 64), (b"t", 16_321), (b"t", 0)])
    def test_more_is_not_expanded(self, tag: bytes, length: int) -> None:
        with pytest.raises(OprfInputInvalid):
            expand_message_xmd(b"", tag, length)


class TestBesideAnotherImplementation:
    """`voprf`, which shares no code with libsodium."""

    INPUTS = (b"v1|PHONE|+21620000101", b"v1|PLATE|TUN:RS:123:4567", b"\0")

    @pytest.mark.parametrize("info", [b"", b"2026"])
    def test_its_keys_and_tokens_are_ours(self, info: bytes) -> None:
        seed = token_bytes(32)
        theirs, key = other.Evaluator.from_seed(seed, info), derive_key(seed, info)
        assert theirs.public_key.serialize() == public_of(key)
        for one in self.INPUTS:
            assert theirs.evaluate_known_input(one) == token(key, one)

    def test_what_it_calls_random_is_a_seed_and_no_key(self) -> None:
        seed = bytes([7]) * 31 + b"\0"
        public = other.Evaluator(seed).public_key.serialize()
        assert public == public_of(derive_key(seed, b""))
        assert public != public_of(read_scalar(seed))

    def test_it_evaluates_what_we_blinded(self) -> None:
        seed = token_bytes(32)
        blinds, blinded = blind(self.INPUTS, token_bytes)
        evaluator = other.Evaluator.from_seed(seed, b"2026")
        asked = [other.BlindedInput.deserialize(one) for one in blinded]
        answer = evaluator.evaluate_batch(asked).serialize()
        proof, rest = answer[:PROOF_LENGTH], answer[PROOF_LENGTH:]
        evaluated = [rest[at : at + 32] for at in range(0, len(rest), 32)]
        public = evaluator.public_key.serialize()
        made = finalize(self.INPUTS, blinds, evaluated, blinded, proof, public)
        assert made == [token(derive_key(seed, b"2026"), one) for one in self.INPUTS]

    def test_it_finalises_what_we_evaluated(self) -> None:
        key = random_scalar(token_bytes)
        pairs = [other.Client.blind(one) for one in self.INPUTS]
        evaluated, proof = evaluate(key, [one.serialize() for _, one in pairs], token_bytes)
        answer = other.VerifiableBatchOutput.deserialize(proof + b"".join(evaluated))
        public = other.PublicKey.deserialize(public_of(key))
        made = other.Client.finalize_batch([client for client, _ in pairs], answer, public)
        assert made == [token(key, one) for one in self.INPUTS]

    def test_it_refuses_our_evaluation_under_another_key(self) -> None:
        client, asked = other.Client.blind(b"one")
        evaluated, proof = evaluate(small(3), [asked.serialize()], token_bytes)
        answer = other.VerifiableOutput.deserialize(proof + evaluated[0])
        with pytest.raises(ValueError, match="invalid proof"):
            client.finalize(answer, other.PublicKey.deserialize(public_of(small(4))))


seeds = st.integers(0, 2**64 - 1)
inputs_of_a_batch = st.lists(st.binary(max_size=40), min_size=1, max_size=5)


class TestForEveryKeyAndInput:
    @given(seeds, seeds, inputs_of_a_batch)
    def test_the_token_depends_on_key_and_input_and_not_on_the_blind(
        self, first: int, second: int, inputs: list[bytes]
    ) -> None:
        key = random_scalar(Random(first).randbytes)
        made = []
        for random in (Random(second).randbytes, token_bytes):
            blinds, blinded = blind(inputs, random)
            evaluated, proof = evaluate(key, blinded, random)
            made.append(finalize(inputs, blinds, evaluated, blinded, proof, public_of(key)))
        assert made == [[token(key, one) for one in inputs]] * 2
        assert len(set(made[0])) == len(set(inputs))

    @given(seeds, seeds, st.binary(max_size=40))
    def test_another_key_another_token(self, first: int, second: int, one: bytes) -> None:
        keys = [random_scalar(Random(seed).randbytes) for seed in (first, second)]
        assert (token(keys[0], one) == token(keys[1], one)) == (first == second)

    @given(st.binary(max_size=40))
    def test_what_is_sent_is_never_the_same_twice(self, one: bytes) -> None:
        (_, sent), (_, again) = blind([one], token_bytes), blind([one], token_bytes)
        assert sent != again

    @given(st.binary(max_size=40))
    def test_modes_make_different_tokens(self, one: bytes) -> None:
        key = random_scalar(token_bytes)
        assert token(key, one, OPRF) != token(key, one, VOPRF)

    @given(seeds, inputs_of_a_batch, st.data())
    def test_a_change_of_any_bit_is_noticed(
        self, seed: int, inputs: list[bytes], data: st.DataObject
    ) -> None:
        key = random_scalar(Random(seed).randbytes)
        _, blinded = blind(inputs, token_bytes)
        evaluated, proof = evaluate(key, blinded, token_bytes)
        parts: list[bytes] = [public_of(key), proof, *blinded, *evaluated]
        which = data.draw(st.integers(0, len(parts) - 1))
        bit = data.draw(st.integers(0, 8 * len(parts[which]) - 1))
        altered = bytearray(parts[which])
        altered[bit // 8] ^= 1 << bit % 8
        parts[which] = bytes(altered)
        public, proof, elements = parts[0], parts[1], parts[2:]
        with pytest.raises((ProofInvalid, ElementInvalid)):
            verify(public, elements[: len(blinded)], elements[len(blinded) :], proof)

    @given(st.binary(max_size=70))
    @settings(max_examples=300)
    def test_any_bytes_are_an_element_in_its_one_form_or_refused(self, encoded: bytes) -> None:
        try:
            element = read_element(encoded)
        except ElementInvalid:
            return
        assert element == encoded != IDENTITY
        assert multiple(small(1), element) == element

    @given(st.integers(0, 2**256 - 1))
    def test_a_scalar_is_one_to_the_order_less_one(self, number: int) -> None:
        encoded = number.to_bytes(32, "little")
        if 0 < number < ORDER:
            assert read_scalar(encoded) == encoded
        else:
            with pytest.raises(ScalarInvalid):
                read_scalar(encoded)

    @given(st.integers(0, ORDER - 1), st.integers(1, ORDER - 1))
    def test_scalars_calculate_modulo_the_order(self, left: int, right: int) -> None:
        a, b = (Scalar(number.to_bytes(32, "little")) for number in (left, right))
        for scalar, number in (
            (plus(a, b), left + right),
            (minus(a, b), left - right),
            (times(a, b), left * right),
            (inverse(b), pow(right, -1, ORDER)),
        ):
            assert int.from_bytes(scalar, "little") == number % ORDER


@pytest.fixture
def answered() -> dict[str, Any]:
    key, inputs = random_scalar(token_bytes), [b"a", b"b", b"c"]
    blinds, blinded = blind(inputs, token_bytes)
    evaluated, proof = evaluate(key, blinded, token_bytes)
    return {
        "inputs": inputs,
        "blinds": blinds,
        "evaluated": evaluated,
        "blinded": blinded,
        "proof": proof,
        "public": public_of(key),
    }


def _another_key(answer: dict[str, Any]) -> dict[str, Any]:
    evaluated, proof = evaluate(random_scalar(token_bytes), answer["blinded"], token_bytes)
    return {"evaluated": evaluated, "proof": proof}


def _one_by_another_key(answer: dict[str, Any]) -> dict[str, Any]:
    foreign = evaluate_unproven(random_scalar(token_bytes), answer["blinded"][1:2])
    first, _, last = answer["evaluated"]
    return {"evaluated": [first, *foreign, last]}


def _shifted_against_each_other(answer: dict[str, Any]) -> dict[str, Any]:
    """Two errors that would cancel out, if elements of a batch were merely added up."""
    first, second, last = answer["evaluated"]
    error, undone = generated(small(1)), generated(small(-1))
    return {"evaluated": [total([first, error]), total([second, undone]), last]}


TAMPERING: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], type[Exception]]] = {
    "made and proved with another key": (_another_key, ProofInvalid),
    "one made with another key": (_one_by_another_key, ProofInvalid),
    "errors that cancel out": (_shifted_against_each_other, ProofInvalid),
    "another order": (lambda a: {"evaluated": a["evaluated"][::-1]}, ProofInvalid),
    "nothing done": (lambda a: {"evaluated": a["blinded"]}, ProofInvalid),
    "another key announced": (lambda _: {"public": generated(small(5))}, ProofInvalid),
    "zeros for a proof": (lambda _: {"proof": bytes(64)}, ProofInvalid),
    "a short proof": (lambda a: {"proof": a["proof"][:-1]}, ProofInvalid),
    "a long proof": (lambda a: {"proof": a["proof"] + b"\0"}, ProofInvalid),
    "a response not reduced": (
        lambda a: {
            "proof": a["proof"][:32]
            + (int.from_bytes(a["proof"][32:], "little") + ORDER).to_bytes(32, "little")
        },
        ProofInvalid,
    ),
    "one too few": (lambda a: {"evaluated": a["evaluated"][:-1]}, OprfBatchInvalid),
    "one too many": (lambda a: {"evaluated": [*a["evaluated"], a["public"]]}, OprfBatchInvalid),
    "none": (lambda _: {"evaluated": [], "blinded": []}, OprfBatchInvalid),
    "blinds of another batch": (lambda a: {"blinds": a["blinds"][1:]}, OprfBatchInvalid),
    "the identity": (lambda a: {"evaluated": [*a["evaluated"][:2], IDENTITY]}, ElementInvalid),
    "the identity for a key": (lambda _: {"public": IDENTITY}, ElementInvalid),
}


class TestAnAnswerIsRefused:
    @pytest.mark.parametrize(("tamper", "error"), TAMPERING.values(), ids=TAMPERING)
    def test_if_it_is_not_what_the_announced_key_makes(
        self,
        answered: dict[str, Any],
        tamper: Callable[[dict[str, Any]], dict[str, Any]],
        error: type[Exception],
    ) -> None:
        assert len(finalize(**answered)) == 3
        with pytest.raises(error):
            finalize(**{**answered, **tamper(answered)})

    def test_if_its_proof_is_of_the_plain_mode(self, answered: dict[str, Any]) -> None:
        key = random_scalar(token_bytes)
        evaluated, proof = evaluate(key, answered["blinded"], token_bytes, OPRF)
        verify(public_of(key), answered["blinded"], evaluated, proof, OPRF)
        with pytest.raises(ProofInvalid):
            verify(public_of(key), answered["blinded"], evaluated, proof)


def _negative(element: Element) -> bytes:
    """The same element with the sign that its one form does not have."""
    return (PRIME - int.from_bytes(element, "little")).to_bytes(32, "little")


NO_ELEMENTS = {
    "the identity": IDENTITY,
    "the field's prime, for zero": PRIME.to_bytes(32, "little"),
    "beyond the prime": (PRIME + 6).to_bytes(32, "little"),
    "all ones": b"\xff" * 32,
    "the identity with the high bit set": bytes(31) + b"\x80",
    "odd": b"\1" + bytes(31),
    "the other sign": _negative(generated(small(3))),
    "an element with the high bit set": generated(small(3))[:-1]
    + bytes([generated(small(3))[-1] | 0x80]),
    "too short": generated(small(3))[:-1],
    "too long": generated(small(3)) + b"\0",
    "nothing": b"",
}


class TestTheTrusteeRefuses:
    @pytest.mark.parametrize("encoded", NO_ELEMENTS.values(), ids=NO_ELEMENTS)
    def test_what_is_no_element_and_says_which_it_was(self, encoded: bytes) -> None:
        with pytest.raises(ElementInvalid) as refused:
            evaluate(small(2), [generated(small(3)), encoded], token_bytes)
        assert refused.value.got == "element 2"

    def test_an_empty_or_too_large_batch(self) -> None:
        for batch in ([], [generated(small(3))] * (MAX_BATCH + 1)):
            with pytest.raises(OprfBatchInvalid):
                evaluate(small(2), batch, token_bytes)


class TestTheAuthorityIsRefused:
    def test_an_input_longer_than_its_length_can_tell(self) -> None:
        assert len(blind([bytes(MAX_INPUT)], token_bytes)[1]) == 1
        with pytest.raises(OprfInputInvalid):
            blind([bytes(MAX_INPUT + 1)], token_bytes)

    @pytest.mark.parametrize(("seed", "info"), [(bytes(31), b""), (bytes(32), bytes(2**16))])
    def test_a_seed_or_info_of_the_wrong_length(self, seed: bytes, info: bytes) -> None:
        with pytest.raises(OprfInputInvalid):
            derive_key(seed, info)

    def test_a_blind_of_zero_is_drawn_again(self) -> None:
        draws = iter([bytes(64), ORDER.to_bytes(64, "little"), small(9).ljust(64, b"\0")])
        assert random_scalar(lambda _: next(draws)) == small(9)


class TestTheLibrary:
    CODE = "from schemas.ristretto import generated, small; generated(small(2))"

    def _run(self, folder: Path, code: str) -> None:
        environment = {**os.environ, "TMPDIR": str(folder)}
        subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)

    def test_leaves_no_file_behind(self, tmp_path: Path) -> None:
        self._run(tmp_path, self.CODE)
        assert list(tmp_path.iterdir()) == []

    def test_is_loaded_by_those_only_who_calculate(self, tmp_path: Path) -> None:
        code = (
            "import sys, schemas.linkage_keys, schemas.threshold; sys.exit('rbcl' in sys.modules)"
        )
        self._run(tmp_path, code)

    @pytest.mark.parametrize("error", [ImportError, OSError])
    def test_that_cannot_be_loaded_is_told_with_what_to_do(
        self, error: type[Exception], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(_: str) -> None:
            raise error("failed to map segment from shared object")

        ristretto._group.cache_clear()
        monkeypatch.setattr(ristretto, "import_module", refuse)
        with pytest.raises(RistrettoUnavailable) as told:
            generated(small(2))
        assert "TMPDIR" in told.value.advice
