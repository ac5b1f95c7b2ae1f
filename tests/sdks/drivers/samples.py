"""Runs samples of the reference in one process of Python: a line names a file, the answer is what it printed."""

import contextlib
import io
import json
import runpy
import sys

for line in sys.stdin:
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            runpy.run_path(line.strip())
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        print(json.dumps({"error": repr(error)}), flush=True)
    else:
        print(json.dumps({"answer": said.getvalue()}), flush=True)
