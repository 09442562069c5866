"""What is done about it, by people with the machine's help."""
