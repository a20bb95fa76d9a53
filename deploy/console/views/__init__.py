"""What pages say: pure functions of a snapshot, a language and what the reader asked for."""
