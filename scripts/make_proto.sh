#!/bin/sh
# Generates the Python code and stubs beside the .proto files. Run by `make proto`; CI checks that it leaves no diff.
set -eu
cd "$(dirname "$0")/.."
bin=.venv/bin
PATH="$PWD/$bin:$PATH" "$bin/python" -m grpc_tools.protoc -I proto \
    --python_out=proto --pyi_out=proto --grpc_python_out=proto --mypy_grpc_out=proto \
    proto/yrdx/v1/*.proto
for name in proto/yrdx/v1/*_pb2_grpc.py; do  # messages without a service leave an empty gRPC module: keep only real ones
    grep -q "^class .*Servicer" "$name" || rm -f "$name" "${name}i"
done
