"""The pages as readers have them: in a real browser, by eye-height rules that a program can hold."""
