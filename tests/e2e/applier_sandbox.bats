#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the applier gives away before it reads what comes from outside, seen from outside.
load lib/site

setup_file() { site_keys; }
setup() {
    site_setup
    enrol
    make bundle "$WORK/b.tar" --pins 12
    run_applier status --json
    [ "$(json 'o["sandbox"]["seccomp"]')" = true ] || skip 'no seccomp in this build or kernel'
}

traced() { # ARGUMENT...: $WORK/trace then holds the calls
    command -v strace >/dev/null || skip 'no strace'
    run strace -qq -f -o "$WORK/trace" "$PINFERRY_BIN/applier" --state "$STATE" "$@"
    no_canary
}

# The calls behind the last step into the sandbox, and those before it.
inside() { sed '1,/ seccomp(SECCOMP_SET_MODE_FILTER.* = 0$/d' "$WORK/trace"; }
outside() { sed '/ seccomp(SECCOMP_SET_MODE_FILTER.* = 0$/,$d' "$WORK/trace"; }

# none PATTERN: no line of stdin matches ("! grep" would fail no test).
none() {
    local found
    found=$(grep -E -e "$1") || return 0
    echo "$found"
    return 1
}

# That the file is opened for reading or writing, and only inside; O_PATH opens to neither.
opened_inside() { # FILE
    inside | grep -v O_PATH | grep -q "open.*$1\""
    outside | grep -v O_PATH | none "open.*$1\""
}

with_check() { # PROGRAM ARGUMENT...
    local arguments='' argument
    for argument in "${@:2}"; do arguments+="<argument value=\"$argument\"/>"; done
    sed -i "s|</site>|<check program=\"$1\" seconds=\"20\">$arguments</check>&|" "$STATE/site.xml"
}

@test "status and --verbose tell what is in force" {
    run_applier status
    expect 0 'system calls filtered' 'no core dumps'
    run_applier status --verbose
    expect 0
    [ "$(grep -c '^sandbox' <<< "$output")" = 1 ]
    run_applier verify "$WORK/b.tar" --verbose
    expect 0 'system calls filtered'
    run_applier apply "$WORK/b.tar" --verbose
    expect 0 'system calls filtered' 'no core dumps'
    run_applier apply "$WORK/b.tar"
    expect 0
    [[ $output != *filtered* ]]
    run_applier status --json
    [ "$(json 'o["sandbox"]["core_dumps_off"]')" = true ]
}

@test "no command opens a socket or starts a program" {
    local command
    for command in "verify $WORK/b.tar" "plan $WORK/b.tar" "pins $TARGET" status \
        "apply $WORK/b.tar" rollback recover; do
        # shellcheck disable=SC2086 # words
        traced $command
        [ "$status" -eq 0 ]
        inside > "$WORK/inside"
        [ "$(wc -l < "$WORK/inside")" -gt 10 ]
        # libc may ask its name cache on this machine who is at work, before
        grep -v AF_UNIX "$WORK/trace" | none 'socket\('
        none '(socket|connect|bind|execve|fork|clone3?)\(' < "$WORK/inside"
    done
}

@test "what comes from outside is opened only inside" {
    traced verify "$WORK/b.tar"
    opened_inside b.tar
    traced plan "$WORK/b.tar"
    opened_inside b.tar
    opened_inside web.config
    traced pins "$TARGET"
    opened_inside web.config
    traced apply "$WORK/b.tar"
    opened_inside b.tar
    opened_inside web.config
    traced rollback
    opened_inside web.config
    traced status
    opened_inside web.config
    opened_inside last.head
    STATE="$WORK/other" traced init --site site-2 --trust "$KEYS/trust.xml" \
        --fingerprint "$FINGERPRINT" --config "$TARGET"
    [ "$status" -eq 0 ]
    opened_inside keys/trust.xml
    opened_inside web.config
}

@test "only the configured check runs, and outside" {
    with_check /bin/sh -c "cat /proc/self/status >'$WORK/ran'; test -e '$WORK/healthy'"
    run_applier verify "$WORK/b.tar"
    expect 0
    run_applier plan "$WORK/b.tar"
    expect 0
    [ ! -e "$WORK/ran" ]
    touch "$WORK/healthy"
    traced apply "$WORK/b.tar"
    expect 0
    grep -qE '^Seccomp:\s*0$' "$WORK/ran"
    grep -qE '^NoNewPrivs:\s*0$' "$WORK/ran"
    [ "$(grep -c 'execve("/bin/sh"' "$WORK/trace")" = 1 ]
    grep -v -e '"/bin/sh"' -e '"/bin/cat"' -e '"/usr/bin/cat"' -e ENOENT <(inside) | none 'execve\('
    rm "$WORK/ran"
    run_applier apply "$WORK/b.tar" # nothing to do, nothing to check
    expect 0
    [ ! -e "$WORK/ran" ]
}

@test "a check that hangs or cannot start brings the old bytes back" {
    cp -p "$TARGET" "$WORK/before"
    with_check /no/such/program
    run_applier apply "$WORK/b.tar"
    expect 24 'check.failed'
    cmp "$TARGET" "$WORK/before"
    grep -q '/no/such/program' "$STATE/applier.log"
}

@test "nothing stands by once the applier is gone" {
    with_check /bin/true
    run_applier apply "$WORK/b.tar"
    expect 0
    [ -z "$(for p in /proc/[0-9]*; do
        tr '\0' ' ' < "$p/cmdline" 2>/dev/null | grep -F -- "--state $STATE"; done)" ]
}

@test "no core dump is left and limits are zero" {
    traced status
    expect 0
    grep -q 'prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE)' "$WORK/trace"
    grep -qE '(prlimit64\(0, |setrlimit\()RLIMIT_CORE, \{rlim_cur=0, rlim_max=0\}' "$WORK/trace"
    run strace -qq -o "$WORK/trace" "$PINFERRY_BIN/bundler" --version
    grep -q 'prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE)' "$WORK/trace"
}

@test "a staging folder of another volume, and its undo" {
    mkdir "$WORK/small"
    mount -t tmpfs -o size=1m,mode=755 tmpfs "$WORK/small" 2>/dev/null || skip 'no mount here'
    mkdir "$WORK/small/www"
    cp -p "$TARGET" "$WORK/small/www/web.config"
    cp -p "$TARGET" "$WORK/before"
    TARGET="$WORK/small/www/web.config" STATE="$WORK/state2"
    enrol
    run_applier apply "$WORK/b.tar"
    expect 0
    [ "$(sha256sum < "$TARGET")" != "$(sha256sum < "$WORK/before")" ]
    # a site that moved its staging away, and forgot a target since
    rmdir "$WORK/small/.pinferry-staging"
    make config "$WORK/www/two.config" 13
    sed -i "s|<target .*/>|<target path=\"$WORK/www/two.config\" staging=\"$STATE/staging\"/>|" "$STATE/site.xml"
    run_applier rollback
    expect 20 target.volume "$WORK/small/.pinferry-staging: the run had staged here, but the folder is gone"
    mkdir -m 700 "$WORK/small/.pinferry-staging"
    run_applier rollback
    expect 0
    cmp "$TARGET" "$WORK/before"
    umount "$WORK/small"
}

@test "names with a slash at the end, links on the way, and a relative bundle" {
    STATE="$WORK/state3/"
    enrol
    ln -s "$WORK/www" "$WORK/link"
    cd "$WORK"
    run_applier verify ./b.tar
    expect 0
    mkdir stick
    cp b.tar stick/
    run_applier plan stick -o page.html
    expect 0
    [ -s page.html ]
    run_applier pins link/web.config
    expect 0
    run_applier plan b.tar --on link/web.config
    expect 0
    run_applier apply stick
    expect 0
}
