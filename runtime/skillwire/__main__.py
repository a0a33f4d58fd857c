"""``python -m skillwire``: the same as the command ``skillwire``."""

from skillwire.cli.quick import main

if __name__ == "__main__":
    main()
