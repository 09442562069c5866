"""How a voice diary sounds, never what it says: pauses, rate, pitch and how level it is."""
