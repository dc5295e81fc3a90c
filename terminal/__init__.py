"""What is asked and printed at a terminal: `manage.py why`, which is `kubectl baton why` too.

Without Django and its settings, so that it starts quickly, anywhere, and writes nothing.
"""
