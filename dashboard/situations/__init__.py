"""What people are stuck on, as a game: who holds the baton, and what is wrong?"""
