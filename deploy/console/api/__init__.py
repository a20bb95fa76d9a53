"""What programs read: the same as the pages say, as JSON under `ROOT`, read only.

The rules:

1. Nothing is told here that no page tells: who reads is asked at the same door, alerts go to those
   they were told to, opening one is written down, and questions are counted.
2. Parameters are closed: what is not known, or not as it should be, is refused and never passed
   over, so that a misspelt filter does not answer with everything.
3. An answer names the snapshot that it was made from. Pages of one list that name two of them do
   not belong together. The ETag holds the same, so that asking again costs nothing.
4. An error is a problem of RFC 9457 with the code of our tree, what was expected and what came, and
   nothing that stood in a parameter.
5. Numbers stand with their uncertainty, rows of one table at a time: tables count the same persons,
   and rows of two of them are never to be added.

The version: `VERSION`'s first number is that of `ROOT`. It grows, with an address of its own beside
the old one, when something is taken away or means something else; the second when something is
added. Programs pass over fields that they do not know.
"""

from __future__ import annotations

ROOT = "/api/v1"
VERSION = "1.0.0"
