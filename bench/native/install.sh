#!/usr/bin/env bash
# scikit-learn, FAISS and OpenBLAS, which does their matrix products, from Debian or Ubuntu. Run as root.
set -euo pipefail
apt-get update
apt-get install -y --no-install-recommends python3-sklearn python3-faiss python3-threadpoolctl libopenblas0-pthread
