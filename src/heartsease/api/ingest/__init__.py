"""Where devices and apps push data with a token of their own."""
