"""The BentoML service that is packaged with one model version."""
