"""Processes, threads and signals: fork after a solve, Ctrl-C in every stage, other threads that go on."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import isard_mrio as isard
from conftest import drawn


def _solved(_: int) -> float:
    Z, Y, F = drawn(4, 30)
    return float(isard.from_frames(Z, Y, F=F).flows().value.to_numpy().sum())


@pytest.mark.parametrize("way", ["fork", "spawn"])
@pytest.mark.skipif(os.name != "posix", reason="no fork here")
def test_a_child_solves_after_its_parent_has(way):
    expected = _solved(0)
    with multiprocessing.get_context(way).Pool(2) as pool:
        found = pool.map_async(_solved, range(4)).get(timeout=120)
    assert found == [expected] * 4


CTRL_C = """
import os, signal, sys, threading, time
import numpy as np
import isard_mrio as isard

stage, n, regions = sys.argv[1], int(sys.argv[2]), 8
rng = np.random.default_rng(1)
Z = rng.random((n, n))
if stage == "audit":
    Z[rng.random((n, n)) < 0.1] = 0.0
Y = np.full((n, regions), Z.sum() / n / regions)
x = Z.sum(axis=1) + Y.sum(axis=1)
F = rng.random(n)
table = isard.from_arrays(Z, Y, x, F, regions=[f"r{k}" for k in range(regions)], sectors=[f"s{k}" for k in range(n // regions)])
method = {"lu": "direct", "passes": "power-series"}.get(stage, "auto")
options = {"method": method, "operator": "dense" if stage != "audit" else "auto"}
model = None
if stage == "passes":
    options["tolerance"] = 1e-12
    model = table.model(**options)
    B = rng.random((n, 400))
sent = []

def interrupt():
    time.sleep(float(sys.argv[3]))
    sent.append(time.perf_counter())
    os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=interrupt, daemon=True).start()
try:
    if stage == "passes":
        model.solve(B)
    else:
        (model or table.model(**options)).flows()
    print("finished", time.perf_counter(), sent)
except KeyboardInterrupt:
    took = time.perf_counter() - sent[0]
    # the model, or another one, can be asked again
    small = isard.read().flows().certified
    again = True if model is None else model.solve(B[:, :1]).value.shape == (n, 1)
    print("interrupted", took, small, again)
"""


@pytest.mark.parametrize(("stage", "n", "after"), [("audit", 4000, 0.15), ("lu", 5000, 1.0), ("passes", 3000, 1.0)])
def test_ctrl_c_ends_within_a_second(stage, n, after):
    found = subprocess.run([sys.executable, "-c", CTRL_C, stage, str(n), str(after)], capture_output=True, text=True, timeout=300)
    words = found.stdout.split()
    assert words and words[0] == "interrupted", (found.stdout, found.stderr[-2000:])
    assert float(words[1]) < 1.0 and words[2:] == ["True", "True"], found.stdout


def test_another_thread_goes_on_while_a_solve_runs():
    Z, Y, F = (np.ascontiguousarray(v) for v in drawn(8, 250))
    table = isard.from_arrays(Z, Y, F=F, regions=list("abcdefgh"), sectors=[str(k) for k in range(250)])
    ticks, over = [], threading.Event()

    def tick() -> None:
        while not over.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.005)

    other = threading.Thread(target=tick)
    other.start()
    began = time.perf_counter()
    table.run("responsibility")
    ended = time.perf_counter()
    over.set()
    other.join()
    during = [t for t in ticks if began < t < ended]
    assert ended - began > 0.1
    # a lock that is held throughout would leave none
    assert len(during) > (ended - began) / 0.2


def test_threads_share_a_model(provinces):
    model = provinces.model()
    expected = model.flows().value
    found: list[bool] = []
    threads = [threading.Thread(target=lambda: found.append(bool((model.flows().value == expected).all(axis=None)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 4


def test_signals_are_python_s_own(provinces):
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    provinces.flows()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
