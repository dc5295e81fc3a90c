"""What is documented, as data: the sequence, the rules, the grades and the verbs.

The engine decides by these names and the pages explain them, so that a text on a screen and the
rule behind it cannot come apart. Nothing here imports the engine.
"""
