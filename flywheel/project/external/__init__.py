"""Receiving models from elsewhere: signature, golden rows and file are looked at before anything is opened."""
