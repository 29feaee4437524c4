/* SPDX-License-Identifier: MIT */
/*
 * Opens a bundle with every single bit flipped, one at a time, and cut at every length: all must be
 * refused, none is sampled.
 *
 * bits BUNDLE TRUST
 */
#include <stdio.h>
#include <stdlib.h>

#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/when.h"
#include "bundles/bundle.h"

#define WORKERS 2
#define BUNDLE_BYTES ((size_t)1048576)

static struct buf tar;
static struct bundle_policy policy = {.site = "site-1", .check_replay = true, .check_time = true};

/* The code of the refusal of the first `len` bytes; ERR_NONE when they are taken. */
static enum err_code opened(size_t len)
{
    struct trust *advanced = NULL;
    struct err err = {0};
    struct bundle *bundle = bundle_open_bytes(tar.data, len, &policy, NULL, &advanced, &err);
    enum err_code code = bundle != NULL ? ERR_NONE : err.code;

    bundle_free(bundle);
    trust_free(advanced);
    return code;
}

/* A bundle is refused for what it is, not for a fault of ours. */
static bool is_refused(enum err_code code)
{
    return err_exit(code) >= 10 && err_exit(code) <= 19;
}

static bool try_bit(size_t bit)
{
    uint8_t mask = (uint8_t)(1u << bit % 8);
    enum err_code code;

    tar.data[bit / 8] ^= mask;
    code = opened(tar.len);
    tar.data[bit / 8] ^= mask;
    if (!is_refused(code)) {
        printf("FAIL  bit %zu of byte %zu: %s\n", bit % 8, bit / 8,
               code == ERR_NONE ? "taken" : err_reason(code));
    }
    return is_refused(code);
}

static bool try_cut(size_t len)
{
    enum err_code code = opened(len);

    if (err_exit(code) != 10) {
        printf("FAIL  cut to %zu bytes: %s\n", len, code == ERR_NONE ? "taken" : err_reason(code));
    }
    return err_exit(code) == 10;
}

/* One worker's share. */
static bool work(size_t part)
{
    bool ok = true;

    for (size_t bit = part; bit < 8 * tar.len; bit += WORKERS) {
        ok = try_bit(bit) && ok;
    }
    for (size_t len = part; len < tar.len; len += WORKERS) {
        ok = try_cut(len) && ok;
    }
    return ok;
}

static bool work_all(void)
{
    pid_t workers[WORKERS];
    bool ok = true;

    for (size_t i = 0; i < WORKERS; i++) {
        workers[i] = fork();
        if (workers[i] == 0) {
            int code = work(i) ? 0 : 1;

            fflush(stdout);
            _exit(code);
        }
    }
    for (size_t i = 0; i < WORKERS; i++) {
        int status = 0;

        ok = workers[i] > 0 && waitpid(workers[i], &status, 0) == workers[i] && WIFEXITED(status) &&
             WEXITSTATUS(status) == 0 && ok;
    }
    return ok;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct trust *trust = NULL;
    struct buf set;
    bool ok;

    buf_init(&tar, BUNDLE_BYTES);
    buf_init(&set, LIMIT_TRUST_BYTES);
    ok = argc == 3 && fsio_read_file(argv[1], BUNDLE_BYTES, &tar, &err) &&
         fsio_read_file(argv[2], LIMIT_TRUST_BYTES, &set, &err);
    trust = ok ? trust_parse(set.data, set.len, &err) : NULL;
    policy.trust = trust;
    policy.local = when_now();
    if (trust == NULL || opened(tar.len) != ERR_NONE) {
        fprintf(stderr, "bits BUNDLE TRUST: the bundle itself is not taken: %s\n", err.text);
        ok = false;
    } else {
        ok = work_all();
        printf("bits: %zu flipped, %zu cuts: %s\n", 8 * tar.len, tar.len,
               ok ? "all refused" : "NOT all refused");
    }
    trust_free(trust);
    buf_release(&set);
    buf_release(&tar);
    return ok ? 0 : 1;
}
