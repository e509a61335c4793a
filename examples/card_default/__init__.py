"""Card applications: a made-up bank whose true risk is known, for the walk and for tests."""
