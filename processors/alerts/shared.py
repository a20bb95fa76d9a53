"""D1: an identifier that cases of two countries hold.

The formula: let C(k) be the countries of the cases that hold identifier k inside the look-back of
24 months. D1 finds k when |C(k)| >= 2 and k is no hub. Source: research, section 4.1, D1.

How much it rests on: the number of cases, of authorities, of kinds. Two tokens are equal by
accident with probability 2^-128; what is found falsely is a line that unrelated people share, and
that is what `processors.alerts.hubs` is for.

Sightings of cases that nothing else speaks of are kept and marked (`Finding.unbacked`): whether
somebody may be told of them is for the rules of disclosure.

State: identifiers seen in the look-back; time: linear.
"""

from __future__ import annotations

from collections.abc import Iterable

from processors.alerts.facts import FEWEST_COUNTRIES, Finding, finding_of
from processors.alerts.identify import Identifier


def find_shared(found: Iterable[Identifier]) -> list[Finding]:
    """The identifiers that two or more countries hold.

    Args:
        found: Identifiers as seen in the look-back, hubs taken out.
    """
    return [
        finding_of("D1", each.sightings)
        for each in found
        if len(each.sightings) > 1 and len(each.countries) >= FEWEST_COUNTRIES
    ]
