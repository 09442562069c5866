"""What each person agreed to, and the one gate to anybody's data."""
