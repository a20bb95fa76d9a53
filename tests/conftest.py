"""Settings for all tests."""

from __future__ import annotations

import os

from hypothesis import settings

# Tests that run side by side are given a width, which consoles would keep for ever.
for name in ("COLUMNS", "LINES"):
    os.environ.pop(name, None)

# The machine may be busy with other tests; how long an example takes is not what is tested.
settings.register_profile("southmed", deadline=None)
settings.load_profile("southmed")
