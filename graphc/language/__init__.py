"""The expression language: text to a program, with every error explained."""
