#!/bin/sh
# Compiles relay.c for both CPUs, with a compiler from PyPI that has all targets: pip install ziglang==0.13.0
# Then write the new digest of relay.c into __init__.py.
set -eu
cd "$(dirname "$0")"
for pair in amd64:x86_64 arm64:aarch64; do
    "${PYTHON:-python3}" -m ziglang cc -target "${pair#*:}-linux-musl" -Os -static -nostdlib -ffreestanding \
        -fno-stack-protector -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-sanitize=undefined -fno-pie -no-pie \
        -Wl,--build-id=none -Wl,-s -Wall -Wextra -o "relay-${pair%:*}" relay.c
    chmod 644 "relay-${pair%:*}"
done
sha256sum relay.c
