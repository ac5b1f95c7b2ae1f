"""`python -m loyalty_app.cli` is `loyalty`."""

from loyalty_app.cli import main

if __name__ == "__main__":
    main()
