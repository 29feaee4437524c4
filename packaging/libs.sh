#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds the small static libraries that the static programs link, from the distribution's own source
# packages. The last line on stdout is the folder that holds them: lib/, include/, licences/ and SOURCES
# (what they were made of); everything else is said on stderr.
# Usage: packaging/libs.sh TARGET             x86_64-linux-gnu, aarch64-linux-gnu, x86_64-w64-mingw32
#        packaging/libs.sh --compiler TARGET  lines for SOURCES about what the compiler adds by itself
# Built once for the same script, compiler and sources; kept in $PINFERRY_CACHE, default
# ~/.cache/pinferry. The machine's own package lists and configuration are left as they are.
# For Windows, libssl and libcurl come with them, for the bundler.
set -euo pipefail
export LC_ALL=C SOURCE_DATE_EPOCH=1 # 1: OpenSSL takes 0 for none
umask 022
# what a make above, or its caller's shell, set for a build of another thing
unset MAKEFLAGS MFLAGS MAKEOVERRIDES CPPFLAGS CXXFLAGS LDFLAGS LIBS

say() { printf 'libs: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

usage='usage: packaging/libs.sh [--compiler] x86_64-linux-gnu|aarch64-linux-gnu|x86_64-w64-mingw32'
asked=
if [ "${1-}" = --compiler ]; then
    asked=compiler
    shift
fi
[ $# -eq 1 ] || die "$usage"
target=$1
flags='-O2 -ffunction-sections -fdata-sections'
hardened='-fPIE -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -pthread'
packages=(openssl jansson libxml2 libarchive)
system_parts=(libc.a libgcc.a)
case $target in
x86_64-linux-gnu)
    openssl_target=linux-x86_64
    flags="$flags $hardened -fcf-protection"
    packages+=(libseccomp)
    ;;
aarch64-linux-gnu)
    openssl_target=linux-aarch64
    flags="$flags $hardened -mbranch-protection=standard"
    packages+=(libseccomp)
    ;;
x86_64-w64-mingw32)
    openssl_target=mingw64
    # 0x0602: nothing that Server 2012 has not. LIBARCHIVE_STATIC, or the program would export all of
    # libarchive's functions and so keep them. For size -Os: the program goes to where disks are small,
    # and what takes time in OpenSSL is assembler.
    flags="-Os ${flags#-O2} -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"
    flags="$flags -D_WIN32_WINNT=0x0602 -DLIBARCHIVE_STATIC"
    packages+=(curl)
    system_parts=(libmingwex.a libmingw32.a libmsvcrt.a libgcc.a libssp.a)
    ;;
*) die "$usage" ;;
esac
tools=$target-
compiler=$target-gcc
case $target in
"$(uname -m)-linux-gnu") compiler=${CC:-gcc} tools= ;;
# of the two that Debian has, the one whose threads need no library beside the program
*-mingw32) ! command -v "$compiler-win32" >/dev/null || compiler=$compiler-win32 ;;
esac
command -v "$compiler" >/dev/null || die "there is no $compiler: make static TARGET=$target installs it"

if [ "$asked" = compiler ]; then
    for part in "${system_parts[@]}"; do
        file=$(readlink -f "$("$compiler" -print-file-name="$part")")
        package=$(dpkg-query -S "$file" | cut -d: -f1)
        printf '%s\t%s\tbuilt\t%s\t%s\n' "$package" \
            "$(dpkg-query -W -f '${Version}\n' "$package" | head -n 1)" "$part" \
            "$(sha256sum <"$file" | cut -c1-64)"
    done
    exit 0
fi
jobs=${JOBS:-$(nproc)}

# --- what is built ----------------------------------------------------------------------------
# What the programs can read must not depend on how they were linked, so no kind of key or curve that
# they take is left out of OpenSSL: only what nothing here calls. Each algorithm that is there costs
# time at every start, which libcrypto spends on tables of their names. no-sock: the applier opens
# no socket, and libcurl brings its own to libssl.
openssl_options=(no-shared no-module no-dso no-engine no-legacy no-tests no-autoload-config
    no-ui-console no-sock no-dgram no-async no-err no-filenames no-threads
    no-dtls no-srp no-srtp no-psk no-nextprotoneg no-ocsp no-ts no-cmp no-ct no-comp no-ssl
    no-rfc3779 no-gost no-aria no-bf no-blake2 no-camellia no-cast no-idea no-md4 no-mdc2
    no-rc2 no-rc4 no-rmd160 no-seed no-siphash no-siv no-sm2 no-sm3 no-sm4 no-whirlpool no-ocb
    no-multiblock
    # neutral, since they stand in the library; nothing is ever looked up there
    --prefix=/nonexistent --openssldir=/nonexistent/ssl --libdir=lib)
openssl_libraries=(libcrypto.a)
case " ${packages[*]} " in
# the level below which the distribution's own libssl refuses keys and signatures, too
*' curl '*) openssl_libraries+=(libssl.a) openssl_options+=(-DOPENSSL_TLS_SECURITY_LEVEL=2) ;;
*) openssl_options+=(no-tls no-chacha no-poly1305 no-des no-dh no-dsa no-ec2m no-cmac no-scrypt) ;;
esac
# UTF-8, UTF-16 and ISO-8859-1 are libxml2's own; no other encoding is ever asked of it.
libxml2_options=(--with-minimum --with-tree --with-push --with-sax1 --with-output
    --without-threads --without-iconv --without-icu --without-zlib --without-lzma --without-http
    --without-ftp --without-catalog --without-html --without-debug --without-python
    --without-modules --without-legacy)
libarchive_options=(--disable-bsdtar --disable-bsdcat --disable-bsdcpio --disable-xattr --disable-acl
    --without-zlib --without-bz2lib --without-libb2 --without-iconv --without-lz4 --without-zstd
    --without-lzma --without-cng --without-mbedtls --without-nettle --without-openssl
    --without-xml2 --without-expat)
# HTTPS, directly or through an HTTP proxy, with the logins that proxies ask for.
curl_options=(--with-openssl --without-ca-bundle --without-ca-path --without-zlib --without-brotli
    --without-zstd --without-nghttp2 --without-libidn2 --without-winidn --without-libpsl
    --without-librtmp --without-libssh2 --disable-ftp --disable-file --disable-ldap --disable-ldaps
    --disable-rtsp --disable-dict --disable-telnet --disable-tftp --disable-pop3 --disable-imap
    --disable-smb --disable-smtp --disable-gopher --disable-mqtt --disable-manual
    --disable-unix-sockets --disable-cookies --disable-netrc --disable-doh --disable-hsts
    --disable-alt-svc --disable-tls-srp --disable-sspi --disable-ntlm-wb --disable-libcurl-option
    --disable-pthreads) # Windows' own threads, for the resolver
common_options=(--prefix=/nonexistent --disable-shared --enable-static
    --disable-dependency-tracking --build="$(uname -m)-linux-gnu" --host="$target")

# --- which sources: the newest that the distribution's servers hand out -----------------------
cache=${PINFERRY_CACHE:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/pinferry}/libs
mkdir -p "$cache" 2>/dev/null || { cache=$(mktemp -d)/libs && mkdir -p "$cache"; say "no cache: using $cache"; }
script=$({ cat "$0"; "$compiler" --version | head -n 1; printf '%s\n' "$flags"; } | sha256sum | cut -c1-12)
work=$(mktemp -d "${TMPDIR:-/tmp}/pinferry-libs.XXXXXX")
longest=
trap '[ -z "$longest" ] || kill "$longest" 2>/dev/null; rm -rf "$work"' EXIT
chmod 755 "$work" # apt downloads as a user of its own

mkdir -p "$work"/{parts,lists/partial,cache/archives/partial,download}
# apt's download user, where there is one; as anybody else it runs as who we are
chown -R _apt "$work"/{lists,cache,download} 2>/dev/null || true
options=(-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/parts"
    -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Get::List-Cleanup=0)

# The distribution's entries, asked for sources. Entries of others are left out by their names' hosts
# holding no such package, which costs an index; so only files with the distribution's keyring count.
source_entries() {
    local file
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -e "$file" ] && grep -qE '(debian|ubuntu)-archive-keyring' "$file" &&
            sed 's/^Types:.*/Types: deb-src/' "$file" >"$work/parts/$(basename "$file")"
    done
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -e "$file" ] && sed -n 's/^deb \(.*\)/deb-src \1/p' "$file" |
            grep -E 'debian|ubuntu' >"$work/parts/$(basename "$file" .list)-one.list"
    done
    find "$work/parts" -type f -empty -delete
}

index() {
    source_entries
    apt-get "${options[@]}" -q update >"$work/apt.log" 2>&1 </dev/null &&
        apt-cache "${options[@]}" showsrc openssl >/dev/null 2>&1 &&
        [ -n "$(versions openssl)" ]
}

versions() { # PACKAGE: newest first
    apt-cache "${options[@]}" showsrc "$1" 2>/dev/null | sed -n 's/^Version: //p' | sort -Vru
}

# Versions roll: a list may name files that the server has no more. apt compares the digests.
download() { # PACKAGE: into download/; prints the version and "whole" or "upstream"
    local version
    for version in $(versions "$1"); do
        if apt_source "$1=$version" --download-only; then
            echo "$version whole"
            return 0
        fi
        # The newest OpenSSL without Debian's patches is better than an older one with them.
        if [ "$1" = openssl ] && apt_source "$1=$version" --download-only --tar-only; then
            echo "$version upstream"
            return 0
        fi
    done
    tail -n 5 "$work/apt.log" >&2
    die "no source of $1 could be had (see above)"
}

apt_source() { # PACKAGE=VERSION OPTION...
    local what=$1
    shift
    (cd "$work/download" && apt-get "${options[@]}" -q source "$@" "$what") >>"$work/apt.log" 2>&1 </dev/null
}

fetch_sources() {
    local package how
    for package in "${packages[@]}"; do
        mkdir -p "$work/download" && chown _apt "$work/download" 2>/dev/null
        how=$(download "$package") || exit 1
        [ "${how##* }" = whole ] ||
            say "$package ${how%% *}: the patches of the distribution are not handed out; without them"
        mkdir -p "$work/got/$package"
        # what a version before left half there is not taken along
        local upstream=${how%% *}
        upstream=${upstream#*:}
        find "$work/download" -type f \( -name "*_${upstream%-*}.orig*" -o -name "*_$upstream.*" \) \
            -exec mv {} "$work/got/$package/" \;
        rm -rf "$work/download"
        (cd "$work/got/$package" && rm -f ./*.asc && sha256sum -- * |
            while read -r digest file; do
                printf '%s\t%s\t%s\t%s\t%s\n' "$package" "${how%% *}" "${how##* }" "$file" "$digest"
            done) >>"$work/SOURCES"
    done
}

finished() { # FOLDER: whether a whole build is there (it is moved there when it is)
    [ -f "$1/SOURCES" ] && [ -f "$1/lib/libcrypto.a" ]
}

# The choice of sources by the lists alone, so that a finished build is found without a download.
lists_digest() {
    local package
    for package in "${packages[@]}"; do versions "$package"; done | sha256sum | cut -c1-12
}

if ! index; then
    # without the servers an earlier build by this script is as good as any
    # shellcheck disable=SC2012 # names of our own making
    kept=$(ls -dt "$cache/$target-$script"-* 2>/dev/null | head -n 1)
    if [ -n "$kept" ] && finished "$kept"; then
        say "the package servers do not answer; using the libraries built before"
        echo "$kept"
        exit 0
    fi
    tail -n 5 "$work/apt.log" >&2
    die "no list of source packages (see above); it needs apt, the distribution's entries below
libs: /etc/apt and a way to its servers, once; after that the built libraries are kept in $cache"
fi
out=$cache/$target-$script-$(lists_digest)
if finished "$out"; then
    echo "$out"
    exit 0
fi
say "fetching the sources of ${packages[*]}"
: >"$work/SOURCES"
fetch_sources

# --- unpack and build --------------------------------------------------------------------------
unpack() { # PACKAGE: into src/PACKAGE, with the distribution's patches if the source is whole
    local got=$work/got/$1 dsc
    mkdir -p "$work/src"
    dsc=$(find "$got" -name '*.dsc')
    if [ -n "$dsc" ]; then # apt has compared the digests with the signed list
        dpkg-source --no-check -x "$dsc" "$work/src/$1" >"$work/$1.log" 2>&1
    else
        mkdir "$work/src/$1" && tar -xf "$got"/*.orig.tar.* -C "$work/src/$1" --strip-components=1
    fi
    # One time for all, or make would want the autotools where a patch touched their input.
    find "$work/src/$1" -exec touch -h -d @1000000000 {} +
}

# Whoever hands a program on has to hand on the licences of what is inside.
keep_licence() { # PACKAGE: into licences/
    local name
    for name in LICENSE.txt LICENSE COPYING; do
        [ -f "$work/src/$1/$name" ] || continue
        cp "$work/src/$1/$name" "$stage/licences/$1.txt"
        chmod 644 "$stage/licences/$1.txt"
        return 0
    done
    die "the source of $1 has no file LICENSE.txt, LICENSE or COPYING"
}

# NAME: by make_NAME in src/NAME, quiet unless it fails. A shell of its own, whose first failure ends
# it: `set -e` counts for nothing in what stands before `||`.
build() {
    local begin=$SECONDS done=0
    set +e
    (
        set -e
        cd "$work/src/$1"
        "make_$1"
    ) >>"$work/$1.log" 2>&1
    done=$?
    set -e
    [ "$done" -eq 0 ] || {
        tail -n 30 "$work/$1.log" >&2
        die "$1 did not build (see above)"
    }
    say "$1 built in $((SECONDS - begin)) s"
}

stage=$work/stage
mkdir -p "$stage/lib" "$stage/include" "$stage/licences"

export CC="$compiler" CFLAGS="$flags" AR="${tools}ar" RANLIB="${tools}ranlib" RC="${tools}windres"
export AR_FLAGS=crD ARFLAGS=qcD PKG_CONFIG=false # D: no times and accounts in the archives

make_openssl() {
    perl Configure "$openssl_target" "${openssl_options[@]}"
    make build_generated
    make -j"$jobs" "${openssl_libraries[@]}"
    cp "${openssl_libraries[@]}" "$stage/lib/"
    cp -r include/openssl "$stage/include/"
}

make_libxml2() {
    ./configure "${common_options[@]}" "${libxml2_options[@]}"
    make -j"$jobs" libxml2.la
    cp .libs/libxml2.a "$stage/lib/"
    mkdir -p "$stage/include/libxml2/libxml"
    cp include/libxml/*.h "$stage/include/libxml2/libxml/" # a makefile beside them names folders
}

make_libarchive() {
    ./configure "${common_options[@]}" "${libarchive_options[@]}"
    make -j"$jobs" libarchive.la
    cp .libs/libarchive.a "$stage/lib/"
    cp libarchive/archive.h libarchive/archive_entry.h "$stage/include/"
}

make_libseccomp() { # its table of names is there already, made by gperf
    GPERF=false ./configure "${common_options[@]}"
    make -j"$jobs" -C src libseccomp.la
    cp src/.libs/libseccomp.a "$stage/lib/"
    cp include/seccomp.h include/seccomp-syscalls.h "$stage/include/"
}

make_curl() {
    CPPFLAGS="-I$stage/include" LDFLAGS="-L$stage/lib" LIBS='-lws2_32 -lcrypt32 -lbcrypt' \
        ./configure "${common_options[@]}" "${curl_options[@]}"
    make -j"$jobs" -C lib libcurl.la
    cp lib/.libs/libcurl.a "$stage/lib/"
    mkdir "$stage/include/curl"
    cp include/curl/*.h "$stage/include/curl/"
}

# Its archive brings no configure. Every name that the filled-in template asks for is decided here;
# the seed of its hash tables is asked from the system.
make_jansson() {
    cd src
    sed 's/@json_inline@/inline/; s/@json_have_localeconv@/0/; s/@json_have_[a-z_]*@/1/' \
        jansson_config.h.in >jansson_config.h
    : >jansson_private_config.h # its names are given below
    local file
    for file in *.c; do
        # shellcheck disable=SC2086 # a list of flags
        $compiler $flags -std=c99 -D_POSIX_C_SOURCE=200809L -I. -DHAVE_STDINT_H -DHAVE_UNISTD_H \
            -DHAVE_FCNTL_H -DHAVE_SYS_STAT_H -DHAVE_SYS_TYPES_H -DHAVE_OPEN -DHAVE_CLOSE \
            -DHAVE_READ -DHAVE_ATOMIC_BUILTINS -DUSE_URANDOM -DUSE_WINDOWS_CRYPTOAPI \
            -c "$file"
    done
    "$AR" rcsD "$stage/lib/libjansson.a" ./*.o
    cp jansson.h jansson_config.h "$stage/include/"
}

for package in "${packages[@]}"; do
    unpack "$package"
    keep_licence "$package"
done
build openssl & # by far the longest, so beside the others
longest=$!
for package in "${packages[@]}"; do
    case $package in
    openssl) ;;
    curl) ;; # needs OpenSSL
    *) build "$package" ;;
    esac
done
wait "$longest" || exit 1
longest=
case " ${packages[*]} " in
*' curl '*) build curl ;;
esac
# a reader of the file needs nothing but the file
sed -i '1i # package\tversion\twhole (with the patches of the distribution), upstream, or built (by the distribution)\tfile\tSHA-256' "$work/SOURCES"
cp "$work/SOURCES" "$stage/SOURCES"

# Whole or not at all: another run may have been first, and its build is the same.
parcel=$(mktemp -d "$cache/.new.XXXXXX")
cp -r "$stage" "$parcel/libs"
mv -T "$parcel/libs" "$out" 2>/dev/null || finished "$out" || die "cannot write $out"
rmdir "$parcel" 2>/dev/null || rm -rf "$parcel"
echo "$out"
