"""The Django project and all that a browser sees: settings, pages, the socket.

It reads what happened through `eventstream.history` only, so that a page can never know more, or
other, than what is stored.
"""
