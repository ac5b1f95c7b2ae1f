# One image for every process: the command says which. `docker build -t loyalty-stamps .`
# The tests run with the same Python as base and lock; everything that is installed is pinned and hashed.

FROM python:3.11-slim-trixie AS build
RUN python -m venv /srv/loyalty
ENV PATH=/srv/loyalty/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY requirements.lock ./
RUN pip install --require-hashes --no-deps -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY loyalty_core loyalty_core
COPY loyalty_app loyalty_app
COPY api api
COPY bots bots
COPY loyalty_cli loyalty_cli
COPY telegram_sandbox telegram_sandbox
RUN pip install --no-deps --no-build-isolation .

FROM python:3.11-slim-trixie
# fribidi joins Arabic, Devanagari and Thai letters on cards; the fonts came with the wheels. Backups need pg_dump in the
# version of the server in docker-compose.yml.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libfribidi0 postgresql-client-17 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin loyalty \
 && install --directory --owner loyalty --group loyalty --mode 0700 /data
COPY --from=build /srv/loyalty /srv/loyalty
# Inside a container it listens on all addresses; publishing the port decides who can reach it.
ENV PATH=/srv/loyalty/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LOYALTY_HOST=0.0.0.0 \
    LOYALTY_PORT=8000 \
    LOYALTY_DATABASE_URL=sqlite:////data/loyalty.db
WORKDIR /data
USER 10001
EXPOSE 8000 9100
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as ask; ask.urlopen('http://127.0.0.1:' + os.environ['LOYALTY_PORT'] + '/health/live', timeout=4)"]
ENTRYPOINT ["loyalty"]
CMD ["serve"]
