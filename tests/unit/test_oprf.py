"""Linkage tokens: RFC 9497 to the byte."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from secrets import token_bytes
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voprf import ristretto as other

from schemas.oprf import (
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
    OprfInputInvalid,
    ProofInvalid,
    ScalarInvalid,
)
from schemas.oprf_hashing import OPRF, VOPRF, Context, expand_message_xmd
from schemas.ristretto import (
    IDENTITY,
    Scalar,
    inverse,
    minus,
    multiple,
    plus,
    random_scalar,
    read_element,
    read_scalar,
    small,
    times,
)

FACTS = json.loads((Path(__file__).parent / "data" / "oprf_vectors.json").read_text("utf-8"))
MODES: dict[int, Context] = {0: OPRF, 1: VOPRF}
ORDER = 2**252 + 27742317777372353535851937790883648493


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
