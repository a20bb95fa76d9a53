"""Who may read what, and what browsers are told to refuse.

The rules:

1. Every page asks for a role by ``Depends(reader(Role.X))``, or `Viewer` for the usual one. Who
   reads is decided by one doorkeeper, which the application is given; by default it lets nobody in
   (`roles`).
2. People sign in at their own provider by OpenID Connect (`openid`) and have a session
   (`sessions`), or show a client certificate of the platform (`certificates`). Which roles follow
   stands in two tables: ``console.yaml``, and `certificates.ROLES`. Who stands in neither has none.
3. What is sent to us to change something carries a token of its own page (`forms`), is not sent too
   often (`rates`), and is written to the audit log before it is done (`audit`).
4. What cannot be decided is refused: a provider that does not answer, a claim that says two things,
   a log that cannot be written.
5. Browsers load nothing but our own files (`headers`).
"""

from deploy.console.security.headers import HEADERS, LOOPBACK_NAMES, POLICY, Guarded
from deploy.console.security.roles import (
    Doorkeeper,
    Reader,
    Role,
    Viewer,
    closed,
    reader,
    unsafe_open,
)

__all__ = [
    "HEADERS",
    "LOOPBACK_NAMES",
    "POLICY",
    "Doorkeeper",
    "Guarded",
    "Reader",
    "Role",
    "Viewer",
    "closed",
    "reader",
    "unsafe_open",
]
