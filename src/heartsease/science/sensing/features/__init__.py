"""One concept a module: what a day was, from the samples of that day."""
