"""What every part leans on: sealed fields and keys, audit, events, clock, tasks, site policy."""
