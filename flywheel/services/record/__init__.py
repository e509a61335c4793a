"""The record itself: verified, exported, sealed, kept elsewhere, and read as the proven chain says it."""
