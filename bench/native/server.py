"""Runs scikit-learn and FAISS on request: one JSON object a line on stdin, one on stdout for each.

load:     {"op", "data", "start": files of raw values, "n", "d", "k", "precision"}
fit:      {"op", "by": "lloyd" | "elkan" | "faiss", "iterations", "labels": file to write, or nothing}
          -> {"seconds", "iterations", "inertia"}
seed:     {"op", "k", "seed"} -> {"seconds", "potential": sum of squared distances to the nearest seed}
minibatch: {"op", "k", "seed", "batch"} -> {"seconds", "steps", "inertia"}
versions: {"op"} -> names and versions
"""

import json
import os
import sys
import time
import warnings

import faiss
import numpy as np
import sklearn
import threadpoolctl
from sklearn.cluster import KMeans, MiniBatchKMeans, kmeans_plusplus
from sklearn.metrics import pairwise_distances_argmin_min

warnings.filterwarnings("ignore")


def blas():
    return [library for library in threadpoolctl.threadpool_info() if library["user_api"] == "blas"]


def use_fastest_blas():
    """OpenBLAS takes its oldest kernels on a processor younger than itself: starts anew with those that fit its instructions."""
    if "OPENBLAS_CORETYPE" in os.environ or all(library.get("architecture") != "Prescott" for library in blas()):
        return
    with open("/proc/cpuinfo") as info:
        flags = next(line for line in info if line.startswith("flags")).split()
    core = "SkylakeX" if "avx512vl" in flags else "Haswell" if "avx2" in flags else None
    if core:
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "OPENBLAS_CORETYPE": core})


use_fastest_blas()
threads = int(os.environ["OMP_NUM_THREADS"])
faiss.omp_set_num_threads(threads)

samples = None
start = None


def load(request):
    global samples, start
    dtype = np.dtype(request["precision"])
    shape = (request["n"], request["d"])
    samples = np.fromfile(request["data"], dtype).reshape(shape)
    start = np.fromfile(request["start"], dtype).reshape(request["k"], request["d"]) if "start" in request else None
    return {}


def fit(request):
    run = fit_faiss if request["by"] == "faiss" else fit_sklearn
    answer, labels = run(request)
    if "labels" in request and labels is not None:
        labels.astype(np.int32).tofile(request["labels"])
    return answer


def fit_sklearn(request):
    model = KMeans(
        n_clusters=len(start),
        init=start,
        n_init=1,
        max_iter=request["iterations"],
        tol=0,
        algorithm=request["by"],
    )
    began = time.perf_counter()
    model.fit(samples)
    seconds = time.perf_counter() - began
    answer = {"seconds": seconds, "iterations": int(model.n_iter_), "inertia": float(model.inertia_)}
    return answer, model.labels_


BLAS_MIN_D = 64


def fit_faiss(request):
    """FAISS has no stopping rule: it runs the iterations it is given. It keeps no labels; no time is spent on them.

    Threads of its own and those of the BLAS it calls, both waiting by spinning, take the processors from each other, three
    times as long in all: either the BLAS has them, which is faster where it does most, or FAISS.
    """
    k, d = start.shape
    model = faiss.Kmeans(
        d,
        k,
        niter=request["iterations"],
        nredo=1,
        verbose=False,
        min_points_per_centroid=1,
        max_points_per_centroid=len(samples),
    )
    with threadpoolctl.threadpool_limits(1, "openmp" if d >= BLAS_MIN_D else "blas"):
        began = time.perf_counter()
        model.train(samples, init_centroids=start)
        seconds = time.perf_counter() - began
    return {"seconds": seconds, "iterations": request["iterations"], "inertia": float(model.obj[-1])}, None


def seed(request):
    k = request["k"]
    began = time.perf_counter()
    centers, _ = kmeans_plusplus(samples, k, random_state=request["seed"])
    seconds = time.perf_counter() - began
    _, sq_distances = pairwise_distances_argmin_min(samples, centers, metric_kwargs={"squared": True})
    return {"seconds": seconds, "potential": float(sq_distances.sum(dtype=np.float64))}


def minibatch(request):
    model = MiniBatchKMeans(
        n_clusters=request["k"], batch_size=request["batch"], n_init="auto", random_state=request["seed"]
    )
    began = time.perf_counter()
    model.fit(samples)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "steps": int(model.n_steps_), "inertia": float(model.inertia_)}


def versions(request):
    return {
        "scikit-learn": sklearn.__version__,
        "FAISS": f"{faiss.__version__} ({faiss.get_compile_options().strip().lower()})",
        "Python": sys.version.split()[0],
        "NumPy": np.__version__,
        "BLAS": ", ".join(f"{one['internal_api']} {one['version']} for {one.get('architecture', 'any processor')}" for one in blas()),
    }


operations = {"load": load, "fit": fit, "seed": seed, "minibatch": minibatch, "versions": versions}

for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = operations[request["op"]](request)
    except Exception as error:  # told to the caller, who goes on with the next request
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
