#!/usr/bin/env bash
# Installs the Debian packages that dj-mpi is built from; does nothing, and needs no
# rights, when all are there. --slurm adds what the Slurm tests start, --lint what the
# style checks run, --fuzz what the fuzz targets are built with.
# --arrow adds the Arrow library for Parquet files, which Debian has not: pyarrow in a
# virtual environment of its own, build/arrow-venv or DJ_ARROW_VENV, where the build finds
# it. Without it dj-mpi is built without Parquet, so failing to get it is no failure.
set -euo pipefail

packages=(gcc libc6-dev cmake ninja-build pkg-config
  openmpi-bin libopenmpi-dev libhdf5-openmpi-dev
  libyaml-dev libcjson-dev libzstd-dev libxxhash-dev libpcre2-dev libutf8proc-dev
  zlib1g-dev libarchive-dev zstd)
arrow=no
for option in "$@"; do
  case $option in
    --slurm) packages+=(slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge
      iproute2 procps) ;;
    --lint) packages+=(clang clang-format-16 clang-tidy shellcheck codespell) ;;
    --fuzz) packages+=(clang libclang-rt-14-dev) ;;
    --arrow) packages+=(g++ python3-venv); arrow=yes ;;
    *) echo "usage: $0 [--slurm] [--lint] [--fuzz] [--arrow]" >&2; exit 2 ;;
  esac
done

missing=()
for package in "${packages[@]}"; do
  if ! dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed; then
    missing+=("$package")
  fi
done

install_missing() {
  root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "These packages are missing, and installing them needs root:" >&2
      echo "    apt-get install ${missing[*]}" >&2
      exit 1
    fi
    root=(sudo)
  fi
  echo "Installing: ${missing[*]}"
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  if ! { "${root[@]}" apt-get update -qq &&
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "apt-get failed; the lines above say why." >&2
    exit 1
  fi
}

install_arrow() {
  local venv=${DJ_ARROW_VENV:-"$(dirname "$0")/../build/arrow-venv"}

  "$venv/bin/python" -c 'import pyarrow' 2>/dev/null && return
  echo "Installing: pyarrow into $venv"
  if ! { /usr/bin/python3 -m venv "$venv" &&
    "$venv/bin/pip" install --quiet --disable-pip-version-check 'pyarrow>=24'; } >&2; then
    echo "pyarrow cannot be installed: dj-mpi will be built without Parquet." >&2
  fi
}

[ ${#missing[@]} -eq 0 ] || install_missing
[ $arrow = no ] || install_arrow
