# Sourced by demo.sh and test.sh: which Debian 12 packages each needs, and how they get installed.

readonly BUILD_PACKAGES=(g++ cmake ninja-build nlohmann-json3-dev libcli11-dev libxxhash-dev
  libpng-dev libjpeg62-turbo-dev libwebp-dev) # images; a build without the last two refuses JPEG or WebP
readonly DEMO_PACKAGES=("${BUILD_PACKAGES[@]}" python3 python3-pip ca-certificates)
readonly TEST_PACKAGES=("${BUILD_PACKAGES[@]}" python3 googletest
  clang-19 libclang-rt-19-dev llvm-19                                           # fuzzing; llvm for symbols in reports
  g++-aarch64-linux-gnu libc6-dev-arm64-cross libstdc++6-arm64-cross qemu-user  # the arm64 tests, which have no libpng
  libstb-dev)

# install_packages NAME…: installs those that are missing; leaves apt alone when none is.
install_packages() {
  local name missing=() as_root=()
  for name in "$@"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null || { echo "Missing, and no apt-get to install them with: ${missing[*]}" >&2; return 1; }
  echo "Installing ${missing[*]}" >&2
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "These packages are missing and neither root nor sudo is at hand." >&2; return 1; }
    as_root=(sudo)
  fi
  # A list that cannot be fetched need not matter; what matters is what the install says. A machine just started may be
  # updating itself: wait for that.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive sh -c '
    apt-get -qq update
    apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"' sh "${missing[@]}" >/dev/null </dev/null
}
