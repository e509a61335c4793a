"""`python -m benchmarks` lists the measurements; `python -m benchmarks NAME...` runs them one after another."""

from __future__ import annotations

import importlib
import importlib.util
import sys

NAMES = (
    *("checks", "lifecycle", "starting", "demo", "kills", "serving", "signoffs"),
    *(
        "battery",
        "data",
        "gate_page",
        "nulls",
        "part_weeks",
        "rest",
        "crowd",
        "retrainings",
        "healing",
        "siege",
        "proof",
    ),
    *("tamperings", "own_work", "features"),
)


def main(arguments: list[str]) -> int:
    """List or run; a name that is none is refused before anything is run."""
    if unknown := [name for name in arguments if name not in NAMES]:
        print(f"there is no measurement {unknown[0]}; there are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    for name in arguments:
        importlib.import_module(f"benchmarks.{name}").main()
    if not arguments:
        print("usage: ./run bench NAME [NAME ...]\n")
        for name in NAMES:
            sentence = (importlib.import_module(f"benchmarks.{name}").__doc__ or "").partition("\n")[0]
            print(f"  {name:<10} {sentence}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
