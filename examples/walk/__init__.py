"""The guided walk of `./run demo`: one idea through its whole life on real servers."""
