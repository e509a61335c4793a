"""Card applications: a synthetic bank whose true risk is known, for the walk and for tests."""
