"""What keeps a part from being evaluated, said in a sentence that a person can read."""


class CannotEvaluate(ValueError):
    """The part is unknown, or the table is not what the part needs."""
