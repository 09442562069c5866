"""The pages of the person in care."""
