"""What quality checking remembers of an interaction, and what follows from it: issues, mood,
score, and the counts of the scorecards.
"""
