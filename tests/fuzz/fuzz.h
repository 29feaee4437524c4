/* SPDX-License-Identifier: MIT */
/*
 * What the fuzz targets share. Each fuzz_NAME.c has one LLVMFuzzerTestOneInput, which asserts more
 * than that nothing crashes: what a reader takes, its writer must give back.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In every build, whatever NDEBUG says. */
#define FUZZ_MUST(held)                                                                            \
    do {                                                                                           \
        if (!(held)) {                                                                             \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #held);              \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* A refusal says why, in text that may be shown; an acceptance leaves no reason behind. */
static inline void fuzz_verdict(bool taken, const struct err *err)
{
    FUZZ_MUST(taken == (err->code == ERR_NONE));
    FUZZ_MUST(taken || (err->text[0] != '\0' && err->code != ERR_INTERNAL));
}

/* A copy in a buffer of exactly that size, so that the address sanitizer sees the end. */
static inline void fuzz_copy(struct buf *out, const uint8_t *data, size_t size)
{
    struct err err = {0};

    buf_init(out, size);
    FUZZ_MUST(buf_add(out, data, size, &err));
}

/* The input's bytes, one after the other; zeros once they are used up. */
struct fuzz_input {
    const uint8_t *data;
    size_t left;
};

static inline uint8_t fuzz_byte(struct fuzz_input *in)
{
    if (in->left == 0) {
        return 0;
    }
    in->left--;
    return *in->data++;
}

/* 0 to n-1. */
static inline unsigned fuzz_below(struct fuzz_input *in, unsigned n)
{
    return fuzz_byte(in) % n;
}

/* A part of the input that says its own length in two bytes; what is there of it. */
static inline struct fuzz_input fuzz_part(struct fuzz_input *in)
{
    size_t high = fuzz_byte(in), want = high * 256 + fuzz_byte(in);
    struct fuzz_input part = {in->data, want < in->left ? want : in->left};

    in->data += part.left;
    in->left -= part.left;
    return part;
}

#endif
