"""`python -m apercu` is the command `apercu`."""

from apercu.interfaces.cli import main

if __name__ == "__main__":
    main()
