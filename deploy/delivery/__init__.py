"""Tells people that there is something to see: by mail and by webhook, with a link and no more.

The rules:

1. A message holds a link to the console and the alert's id. No country, no case, no kind, no
   state: mail goes through servers that are nobody's to trust, and lies in inboxes for years.
2. What to send to whom now is decided by pure functions (`hours`, `plan`); the clock is given.
3. What is to be sent is written into a book first, then sent, then noted as sent (`book`). Killed
   in between, the same letter goes out again under the same name: nothing is lost, and whoever
   receives it can tell that it is there already.
4. A recipient that cannot be reached holds up no other.
5. No address stands in a log line, an error or the book: recipients have names.
"""
