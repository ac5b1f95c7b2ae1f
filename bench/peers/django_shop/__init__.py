"""The stamp card as Django with its REST framework, under gunicorn with threads."""
