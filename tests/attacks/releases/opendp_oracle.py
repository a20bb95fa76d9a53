"""OpenDP draws the same distribution: an implementation that we did not write, as an oracle.

OpenDP is large (265 MB installed), so it gets an environment of its own in a temporary folder; with
a Python that has it already, that one is used. Both samples are held against each other and against
the distribution by chi-square.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy.stats import chi2

from tests.attacks.releases.a8_sampler import EDGE, chance, keyed
from tests.attacks.releases.published import SIGMA2
from tests.attacks.releases.worlds import Ints

OPENDP = "opendp==0.16.0"
DRAWS = 200_000
SCRIPT = """
import json, sys
import opendp.prelude as dp
dp.enable_features("contrib")
scale, draws = float(sys.argv[1]), int(sys.argv[2])
space = dp.vector_domain(dp.atom_domain(T=int)), dp.l2_distance(T=int)
noise = dp.m.make_gaussian(*space, scale=scale)
json.dump(noise([0] * draws), sys.stdout)
"""


def compare(seed: int, python: Path | None = None) -> dict[str, float]:
    """Chances of chi-squares at least so large: theirs and ours, and theirs by itself."""
    with TemporaryDirectory() as folder:
        theirs = _drawn(python or _environment(Path(folder) / "opendp"))
    ours = keyed(b"opendp %d" % seed, DRAWS)
    return {
        "ours_and_theirs": both(ours, theirs),
        "theirs": chance(theirs),
        "both_with_wrong_spread": both(np.rint(ours * 1.1).astype(np.int64), theirs),
    }


def both(one: Ints, other: Ints) -> float:
    """Of two samples of one size, if they are of one distribution."""
    a, b = (
        np.bincount(np.clip(x, -EDGE, EDGE) + EDGE, minlength=2 * EDGE + 1) for x in (one, other)
    )
    seen = a + b > 0
    statistic = float(((a - b)[seen] ** 2 / (a + b)[seen]).sum())
    return float(chi2.sf(statistic, int(seen.sum()) - 1))


def _environment(folder: Path) -> Path:
    print(f"installing {OPENDP} into an environment of its own ...", file=sys.stderr)
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", OPENDP], check=True)
    return python


def _drawn(python: Path) -> Ints:
    command = [str(python), "-c", SCRIPT, repr(SIGMA2**0.5), str(DRAWS)]
    # Its own libraries, not ours.
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env={})
    return np.array(json.loads(done.stdout))
