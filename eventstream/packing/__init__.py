"""How what history keeps is packed: MessagePack, compressed with a dictionary that comes along.

Pure: rows go in and come out as bytes. `docs/history.md` says what is in them, for other readers.
"""
