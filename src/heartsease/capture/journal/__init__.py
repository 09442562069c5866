"""Check-ins: how a person says they are, in a minute."""
