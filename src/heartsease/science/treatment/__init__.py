"""What may help: guideline rules as data, proposals, and what followed from decisions."""
