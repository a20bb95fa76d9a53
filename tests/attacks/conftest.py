"""The attacks on releases need numpy and scipy, which nothing else here does."""

import os
from importlib.util import find_spec

# Where changes are accepted they must be there, so that these tests are never left out unseen.
collect_ignore = [] if os.environ.get("CI") or find_spec("scipy") else ["test_releases.py"]
