"""Following releases: every message is verified before anything of it is shown.

The rules:

1. Nothing is believed but what the platform signed, under the trust document at hand, under its own
   key. What does not verify is refused with its code, told, and passed over.
2. Nothing on the topic is ever deleted, so a tombstone is refused.
3. A key has one measurement for ever: a second one, of other records, is refused. What was
   withdrawn stays withdrawn: an older message that is sent again, though its signature holds, does
   not bring it back.
4. What a compromised key signed is passed over where the platform said it again under a sound one:
   the same bytes, or a withdrawal of just that. Otherwise it is refused.
5. What a follower has learned of a key it keeps in its state, so that 3 holds over its restarts.

`judge` decides and knows no Kafka; `topic` reads and knows no releases; `follow` joins them.
"""
