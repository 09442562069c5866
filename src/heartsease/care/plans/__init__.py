"""The care plan: proposals, decisions by people, goals, activities, measured effect."""
