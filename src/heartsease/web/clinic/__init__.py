"""The clinic's pages: who needs somebody first, one person's course, decisions."""
