#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Put ngspice 42 or newer (with KLU) into a private folder; knows nothing of Python and of what will be simulated.
#
#   install_ngspice.sh FOLDER        `memnet engines --install` runs it
#
# On Debian it takes ngspice and libngspice0 from <release>-backports through apt, without root: a private sources
# list and private state folders, the archive's address read from the system's own sources, packages checked against
# the system's Debian keyring, unpacked with dpkg -x. Elsewhere it asks the system's apt-get, where it may.
# Exit status: 0 an ngspice library is there, 3 none could be had (one sentence on standard error says what to do).
set -euo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

target=$1
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
wanted=42

say() { printf 'ngspice: %s\n' "$*"; }
fail() { printf 'ngspice: %s\n' "$*" >&2; exit 3; }

as_root() { # run a command as root, or return 1 where that would need a password
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo -n env DEBIAN_FRONTEND=noninteractive "$@"; else return 1; fi
}

system_install() { # apt-get install with the system's own sources; a stale package list gets one refresh
    command -v apt-get >/dev/null || return 1
    as_root apt-get install -y -q --no-install-recommends "$@" >/dev/null 2>&1 && return 0
    as_root apt-get update -q >/dev/null 2>&1 && as_root apt-get install -y -q --no-install-recommends "$@" >/dev/null 2>&1
}

library_in() { find "$1" -name 'libngspice.so.0' -print -quit 2>/dev/null; }

system_is_new_enough() {
    local version
    version=$(dpkg-query -W -f '${db:Status-Abbrev} ${Version}\n' libngspice0 2>/dev/null | sed -n 's/^ii *//p') || return 1
    [ -n "$version" ] && dpkg --compare-versions "$version" ge "$wanted"
}

archive_address() { # the address the system uses for its own release's main packages
    apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        awk -v release="$1" '$1 == release && $2 == "main" { print $3; exit }'
}

private_apt() { # apt-get that reads and writes nothing of the system's but its keyring, proxies and certificates
    apt-get -q -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State="$work/state" -o Dir::State::status="$work/status" -o Dir::Cache="$work/cache" \
        -o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=3 -o Acquire::Languages=none "$@"
}

unpack_backports() { # download and unpack into $target, which appears whole or not at all
    local codename=$1 address package
    address=$(archive_address "$codename")
    [ -n "$address" ] && [ -r "$keyring" ] || return 1
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    mkdir -p "$work"/{state/lists/partial,cache/archives/partial,packages,root}
    : >"$work/status"
    echo "deb [signed-by=$keyring] $address $codename-backports main" >"$work/sources.list"
    say "downloading ngspice from $codename-backports"
    private_apt update >"$work/log" 2>&1 || { tail -n 3 "$work/log" >&2; return 1; }
    (cd "$work/packages" && private_apt download ngspice libngspice0 >>"$work/log" 2>&1) ||
        { tail -n 3 "$work/log" >&2; return 1; }
    for package in "$work"/packages/*.deb; do dpkg -x "$package" "$work/root"; done
    rm -rf "$work/root/usr/share/doc/ngspice/examples"
    [ -n "$(library_in "$work/root")" ] || return 1
    # spinit names its code models by absolute path: point them to where they will lie
    sed -i "s#\(codemodel \)/usr/#\1$target/usr/#" "$work/root/usr/share/ngspice/scripts/spinit"
    dpkg-deb -f "$work"/packages/ngspice_*.deb Depends >"$work/root/depends"
    echo '*' >"$work/root/.gitignore"
    mkdir -p "$(dirname "$target")"
    rm -rf "$target" "$target.new"
    cp -a "$work/root" "$target.new"
    mv "$target.new" "$target"
}

complete_executable() { # the executable draws plots, so it wants X libraries; the library needs none of them
    local missing names
    missing=$(ldd "$target/usr/bin/ngspice" 2>/dev/null | awk '/not found/ { printf "%s ", $1 }')
    [ -z "$missing" ] && return 0
    names=$(sed 's/([^)]*)//g; s/|[^,]*//g; s/,/ /g' "$target/depends")
    # shellcheck disable=SC2086  # names is a list of words
    system_install $names ||
        say "the executable lacks $missing(engine ngspice-batch will not run; the library does): as root, apt-get install ngspice"
}

if [ -n "$(library_in "$target")" ]; then
    exit 0
fi
if system_is_new_enough; then
    say "the system's library is new enough"
    exit 0
fi
id='' codename=''
if [ -r /etc/os-release ]; then
    id=$(. /etc/os-release && echo "${ID:-}")
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
fi
if [ "$id" = debian ] && [ -n "$codename" ] && unpack_backports "$codename"; then
    complete_executable
    say "installed in $target"
    exit 0
fi
if system_install ngspice libngspice0; then
    system_is_new_enough || say "the system's ngspice is older than $wanted and has no KLU: crossbars with wire resistance will be slow"
    exit 0
fi
fail "no ngspice here and none could be installed: install the packages ngspice and libngspice0 (version $wanted or newer); until then the embedded engine simulates"
