"""`python -m loyalty_cli` is `loyalty`."""

from loyalty_cli import main

if __name__ == "__main__":
    main()
