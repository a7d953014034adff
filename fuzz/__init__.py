"""Coverage-guided fuzzing of what reads foreign bytes: ./dev fuzz [--seconds N] [--only NAME]."""
