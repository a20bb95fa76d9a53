"""The brief of one page as PDF: data here, its look in ``page.typ``, its letters in ``fonts/``."""
