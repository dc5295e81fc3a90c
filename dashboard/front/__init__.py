"""What the process in front of several clusters says itself: which there are, and how each does.

It knows nothing of what is in them: that each cluster's own pages tell, to whom that cluster lets.
"""
