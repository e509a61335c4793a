"""Kinds of problem, one module for each: yes or no so far, of which gates and packages still know the 2 x 2 pay-off."""
