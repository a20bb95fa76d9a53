"""Settings for all tests."""

from __future__ import annotations

from hypothesis import settings

# The machine may be busy with other tests; how long an example takes is not what is tested.
settings.register_profile("southmed", deadline=None)
settings.load_profile("southmed")
