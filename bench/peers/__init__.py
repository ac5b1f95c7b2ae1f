"""Peers: what people would build instead, written as a good engineer would, with the same rules, writes and durability.

`fastapi_shop` is FastAPI with SQLAlchemy's ORM, asynchronous; `django_shop` is Django with its REST framework. They run
in an environment of their own, and import nothing of the project.
"""
