"""What each event says: one frozen class for each form, and the one table that tells which verb says what."""
