"""How a voice diary sounds: pauses, pace, melody, liveliness; never what is said."""
