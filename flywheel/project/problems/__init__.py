"""Kinds of problem: what is predicted, decided and earned, one module for each; nobody else asks which kind it is."""
