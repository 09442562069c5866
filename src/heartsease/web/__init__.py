"""The pages: for patients, for the clinic, for the office. Views only translate."""
