"""What the first point of contact says: for now, where a person in danger finds another person."""
