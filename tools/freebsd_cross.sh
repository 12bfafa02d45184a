#!/bin/bash
# The cross build: x86_64 FreeBSD 14 executables and tests in build/freebsd/bin, made on Debian with a pinned zig.
# Nothing is vendored: zig comes from PyPI, headers from the installed Debian packages, sources from Debian's archive.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly zig_version=0.16.0  # its bundled FreeBSD headers and stubs were checked; another one may differ in both
readonly target=x86_64-freebsd.14.0
root=$PWD/build/freebsd
readonly root

say() { printf '==> %s\n' "$*"; }
die() { printf 'freebsd_cross: %s\n' "$*" >&2; exit 1; }

# quietly LOG COMMAND...: the output is shown only when the command fails.
quietly() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 || { tail -60 "$log" >&2; die "failed: $*"; }
}

# download LOG COMMAND...: the same; a failure is not the build's, and the exit code says so (EX_TEMPFAIL).
download() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 || { tail -60 "$log" >&2; printf 'freebsd_cross: no download: %s\n' "$*" >&2; exit 75; }
}

install_zig() {
  local python=$root/tools/python-$zig_version
  [ -x "$python/ziglang/zig" ] && return
  say "zig $zig_version from PyPI"
  rm -rf "$python"
  download "$root/pip.log" python3 -m pip install --no-deps --target "$python" "ziglang==$zig_version"
}

# The compiler's name holds "clang", by which ccache knows what it is. -O2 always: zig builds its libc++ once for each mode
# it is called in, and CMake's own trials name none.
write_wrappers() {
  local zig=$root/tools/python-$zig_version/ziglang/zig name
  local -A command=([clang]="cc -target $target -O2" [clang++]="c++ -target $target -O2" [ar]=ar [ranlib]=ranlib)
  for name in "${!command[@]}"; do
    cat >"$root/tools/new" <<TEXT
#!/bin/sh
# zig $zig_version
export ZIG_GLOBAL_CACHE_DIR='$root/zig-cache' ZIG_LOCAL_CACHE_DIR='$root/zig-cache'
exec '$zig' ${command[$name]} "\$@"
TEXT
    chmod +x "$root/tools/new"
    # An unchanged wrapper keeps its time, so that nothing is compiled again.
    cmp -s "$root/tools/new" "$root/tools/x86_64-freebsd-$name" || mv "$root/tools/new" "$root/tools/x86_64-freebsd-$name"
  done
  rm -f "$root/tools/new"
}

# zig compiles its libc++ for the target when it first links; in the build itself that would drown ninja's output.
warm_up_zig() {
  [ -e "$root/zig-cache/warm-$zig_version" ] && return
  say "zig's libc++ for $target"
  printf '#include <iostream>\nint main() { std::cout << 1; }\n' >"$root/warm.cpp"
  quietly "$root/warm.log" "$root/tools/x86_64-freebsd-clang++" -o "$root/warm" "$root/warm.cpp"
  rm -f "$root/warm" "$root/warm.cpp" "$root/warm.log"
  touch "$root/zig-cache/warm-$zig_version"
}

# Only the libraries' own folders: beside them in /usr/include lie the headers of Linux's libc.
link_headers() {
  mkdir -p "$root/include"
  local folder
  for folder in boost nlohmann spdlog fmt CLI prometheus gtest; do
    [ -d "/usr/include/$folder" ] || die "no /usr/include/$folder: ./dev setup installs it"
    ln -sfn "/usr/include/$folder" "$root/include/$folder"
  done
}

# The machine's own Debian mirrors, asked for sources, in lists of our own: the system's apt state stays as it is.
private_apt() {
  local apt=$root/apt
  apt-get -q -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts="$apt/sources.list.d" \
    -o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=root "$@"
}

write_source_lists() {
  local apt=$root/apt file
  rm -rf "$apt"
  mkdir -p "$apt/sources.list.d" "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/download"
  : >"$apt/sources.list"
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -e "$file" ] && sed -n 's/^deb[[:space:]]/deb-src /p' "$file" >>"$apt/sources.list"
  done
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -e "$file" ] && sed 's/^Types:.*/Types: deb-src/' "$file" >"$apt/sources.list.d/$(basename "$file")"
  done
  return 0
}

fetch_sources() {
  [ -e "$root/src/complete-2" ] && return
  say "sources of sqlite3, prometheus-cpp and libmd from Debian"
  write_source_lists
  # A third party's list without sources makes the update fail; what counts is whether the packages are found.
  private_apt update >"$root/apt/update.log" 2>&1 || true
  (cd "$root/apt/download" && download "$root/apt/source.log" private_apt source --download-only sqlite3 prometheus-cpp libmd)
  rm -rf "$root/src"
  mkdir -p "$root/src"
  local package
  for package in sqlite3 prometheus-cpp libmd; do
    quietly "$root/apt/unpack.log" dpkg-source --no-check -x "$root/apt/download/$package"_*.dsc "$root/src/$package"
  done
  mkdir "$root/src/libmd-config"
  : >"$root/src/libmd-config/config.h"  # what its ./configure would say of a little-endian machine
  say "SQLite's amalgamation"
  (
    cd "$root/src/sqlite3"
    quietly "$root/src/sqlite3.log" ./configure --disable-tcl --disable-readline
    quietly "$root/src/sqlite3.log" make sqlite3.c
  )
  ln -sfn "$root/src/sqlite3/sqlite3.h" "$root/include/sqlite3.h"
  rm -rf "$root/apt"
  touch "$root/src/complete-2"
}

build() {
  local launcher=()
  if command -v ccache >/dev/null; then
    launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_C_COMPILER_LAUNCHER=ccache)
  fi
  # The wrapper names zig's version and target: its content says which compiler it is, its time does not.
  export CCACHE_COMPILERCHECK=content
  quietly "$root/cmake.log" cmake --preset freebsd "${launcher[@]}"
  cmake --build "$root" "$@"
}

# Every executable is FreeBSD's and needs nothing whose number differs between 14 and 15 (libutil .9 and .10, libmd .6
# and .7).
prove() {
  local program needed
  for program in "$root"/bin/{jaild,jaild-monitor,jailctl} "$root"/bin/tests/*; do
    [ -x "$program" ] || die "missing: $program"
    # binutils call the ABI tag by its number's name of elsewhere; its owner is what tells.
    readelf -n "$program" 2>/dev/null | grep -q '^  FreeBSD ' || die "not a FreeBSD executable: $program"
    needed=$(readelf -d "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort | paste -sd' ')
    case " $needed " in *' libutil.so'* | *' libmd.so'*) die "links libutil or libmd: $program" ;; esac
    printf '    %-32s FreeBSD %s, %s KB, needs %s\n' "${program#"$root"/bin/}" "$(uname -m)" \
      "$(($(stat -c %s "$program") / 1024))" "$needed"
  done
}

# What cmake installs is what the port's list says, the rc.d script apart: USE_RC_SUBR installs it over cmake's and lists it.
prove_port() {
  rm -rf "$root/stage"
  quietly "$root/stage.log" cmake --install "$root" --prefix "$root/stage"
  (cd "$root/stage" && find . -type f ! -path ./etc/rc.d/jaild | sed 's|^\./||; s|^\(share/man/.*\)|\1.gz|' | sort) >"$root/stage.installed"
  # The shells' completions are written by jailctl itself, which cannot run here.
  sed '/completion\|site-functions/d; s|^@sample ||; s|%%EXAMPLESDIR%%|share/examples/jaild|' etc/port/pkg-plist |
    sort >"$root/stage.listed"
  diff "$root/stage.listed" "$root/stage.installed" || die "etc/port/pkg-plist (<) is not what cmake installs (>)"
  rm -rf "$root/stage"
}

mkdir -p "$root/tools"
install_zig
write_wrappers
warm_up_zig
link_headers
fetch_sources
say "cross build in build/freebsd/"
build "$@"
prove
prove_port
