"""Releases as files: one table of formats, each a pure function of a release.

The rules:

1. A file tells what was published, and nothing else: every row, every code as it stands in the
   message; labels beside codes, never in place of them (but for workbooks, which people read).
   One column more follows from the others: ``MONTH_TOLD``, in tables of months.
2. The same release in the same style gives the same rows, whenever and wherever it is exported.
3. No file without its note of method: what is counted, what the noise means, how to cite. Where a
   format has room for it, the note is inside too.
4. What was withdrawn is not exported.
5. Only formats that need a library ask for it, when they are used; csv and jsonl need none.
"""
