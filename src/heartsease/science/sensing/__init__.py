"""What watches and phones send: read, united, and made into one number a day."""
