"""``southmed doctor``: whether all is as it should be here, and what to do where it is not.

The rules:

1. A check is a function from facts to findings; it looks at nothing itself. What gathers the facts
   is as thin as can be, has a time after which it gives up, and stands alone: when one fails, that
   is a finding of its own and the others go on.
2. Whoever asks sees only what their identity may see. What needs another identity, or is not on
   this machine, is skipped, which is neither good nor bad.
3. Everything that is not in order comes with advice: a command, or whom to ask.
4. Nothing is changed, but for questions for the time on the clock's topic. No finding holds a
   payload value: only names, numbers, dates, codes.
"""
