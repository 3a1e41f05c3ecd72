"""`apercu` and `python -m apercu`: an interrupt while the command is being loaded ends it as quietly as one later."""

import sys

INTERRUPTED = 130


def main() -> None:
    """Load the command and run it."""
    try:
        from apercu.interfaces import cli
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    cli.main()


if __name__ == "__main__":
    main()
