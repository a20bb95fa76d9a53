"""Attacks on what is published: they must fail against releases, and succeed on the controls.

The rules:

1. What is attacked is what the release core makes: messages of the calendar, computed by
   `processors.release` from records of invented worlds. The attacker knows everything but the keys
   and the person: the code, the parameters, and the very model that the worlds are drawn from.
2. A suite that nothing ever fails proves nothing. Each attack also runs against tables protected
   as offices protect them (controls), and those that are named in ``gates.json`` must break.
3. Gates and seeds were written down before the seeds were used. A gate is held against the end of
   a 95 % interval, not against a point: the upper end for a release, the lower one for a control.
4. If a release fails a gate, its design changes, not the gate.
"""
