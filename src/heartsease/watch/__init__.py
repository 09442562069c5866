"""What it means: signals and alerts with reasons, an owner, a clock, escalation and an end."""
