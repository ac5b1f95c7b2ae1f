"""The stamp card as FastAPI with SQLAlchemy's ORM, asynchronous: asyncpg or aiosqlite under uvicorn."""
