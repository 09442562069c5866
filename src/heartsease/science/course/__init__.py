"""How a person's state moves: reliable change, the own usual, and when it is left."""
