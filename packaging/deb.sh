#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes a Debian package of programs that are built: pinferry_VERSION_ARCH.deb in BUILD, or in $OUT. Its
# bytes follow from the programs, the documents and one time: SOURCE_DATE_EPOCH, else the last
# commit's, else DATE. It is for the release of Debian that it was built on.
# Usage: packaging/deb.sh BUILD VERSION DATE
#   DEB_MAINTAINER  who answers for the package: 'Name <address>'
set -euo pipefail
export LC_ALL=C TZ=UTC
umask 022
cd "$(dirname "$0")/.."

build=$1 version=$2 date=$3
out=$(realpath -m "${OUT:-$build}")
maintainer=${DEB_MAINTAINER:-The Pinferry authors <pinferry@pinferry.invalid>}
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date -d "$date" +%s)}
export SOURCE_DATE_EPOCH=$epoch

work=$(mktemp -d "${TMPDIR:-/tmp}/pinferry-deb.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root doc=$work/root/usr/share/doc/pinferry
make --no-print-directory -s MODE=release BUILD="$build" PREFIX=/usr DESTDIR="$root" install >/dev/null
strip --strip-all --remove-section=.comment --remove-section=.note "$root"/usr/bin/*

# what Debian expects by other names
{
    echo 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/'
    echo 'Upstream-Name: Pinferry'
    echo
    echo 'Files: *'
    sed -n 's/^Copyright (c) /Copyright: /p' LICENSE
    echo 'License: Expat'
    sed -n '/^Permission/,$p' LICENSE | sed 's/^$/./; s/^/ /'
} >"$doc/copyright"
rm "$doc/LICENSE"
printf 'pinferry (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- %s  %s\n' "$version" "$maintainer" \
    "$(date -d "@$epoch" -R)" >"$doc/changelog"
gzip -9n "$doc/changelog" "$root"/usr/share/man/man1/*.1

# the libraries and their least versions, as the distribution's tables give them
mkdir -p "$work/debian"
printf 'Source: pinferry\n\nPackage: pinferry\nArchitecture: any\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O root/usr/bin/applier root/usr/bin/bundler 2>/dev/null |
    sed -n 's/^shlibs:Depends=//p')
[ -n "$depends" ] || { echo 'deb: dpkg-shlibdeps names no library' >&2; exit 1; }
size=$(find "$root" -type f -printf '%s\n' | awk '{ sum += int(($1 + 1023) / 1024) } END { print sum }')
arch=$(dpkg --print-architecture)

mkdir "$root/DEBIAN"
cat >"$root/DEBIAN/control" <<EOF
Package: pinferry
Version: $version
Architecture: $arch
Maintainer: $maintainer
Installed-Size: $size
Depends: $depends
Section: admin
Priority: optional
Description: signed updates of public-key pins in web.config
 The bundler, on a connected machine, makes a signed file of the public
 keys that a person approved. The applier, on a machine without a network,
 verifies that file and puts the pins into web.config, changing nothing else.
EOF
(cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
find "$root" -exec touch -h -d "@$epoch" {} +
mkdir -p "$out"
file=$out/pinferry_${version}_$arch.deb
dpkg-deb --root-owner-group -Zxz --build "$root" "$file" >/dev/null
printf '%s: %d bytes, SHA-256 %s\n' "$file" "$(stat -c %s "$file")" "$(sha256sum <"$file" | cut -c1-64)"
