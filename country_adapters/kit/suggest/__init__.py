"""Suggestions: from a list as it lies there to a first mapping, to be read and corrected.

To be read in this order:

============== ===================================================================================
``looks``      a table as it was found; ``files`` and ``database`` find it
``vocabulary`` what columns and words may mean: the tables ``columns.csv``, ``headers.csv``,
               ``words.csv`` and ``events.yaml``, the labels of the code lists, the shipped tables
``headers``    what a header means; ``cells`` whether the cells agree
``questions``  what cannot be told from the list alone
``columns``    a meaning for each column, or the decision to leave it at home
``keys``       what tells rows, cases and persons apart
``events``     what a row may state by these columns
``proposal``   all of it together; ``writing`` makes the two files of it
============== ===================================================================================

The rules:

1. What is not understood stays home. A column is used only if its header is known *and* its cells
   are what the header says; everything else goes to ``ignore``.
2. No cell is written. What stands in a file are headers, names of files and sheets, and words of
   our own vocabulary; of a cell only a word that is one slip of the pen away from such a word.
3. Nothing uncertain is written silently: it carries a comment that begins with ``check:``.
4. Looking and suggesting are functions from values to values; who asks people is told by a
   function that is passed in (``questions.Decide``).
"""
