"""What comes in, under consent."""
