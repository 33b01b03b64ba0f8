"""`python -m avsep` is `avsep`."""

from __future__ import annotations

from avsep.cli import main

if __name__ == "__main__":
    main()
