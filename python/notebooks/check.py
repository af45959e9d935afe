"""Runs the notebooks beside it and names those that fail: check.py [NOTEBOOK ...]."""

import pathlib
import sys
import time

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

failed = False
for path in map(pathlib.Path, sys.argv[1:]) if sys.argv[1:] else sorted(pathlib.Path(__file__).parent.glob("*.ipynb")):
    book, begun = nbformat.read(path, 4), time.time()
    try:
        NotebookClient(book, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}).execute()
        print(f"{path.name}: ran in {time.time() - begun:.0f} s")
    except CellExecutionError as error:
        failed = True
        print(f"{path.name}: FAILED\n{error}")
sys.exit(failed)
