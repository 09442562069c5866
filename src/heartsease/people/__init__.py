"""Who is here: persons with a role, teams, and which team cares for whom."""
