"""Who people are, what they have proven, and what they may do."""
