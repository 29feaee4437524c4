/* SPDX-License-Identifier: MIT */
/* What the targets of the editor share: short keys that anyone knows, and lists of them. */
#ifndef TESTS_FUZZ_FUZZ_PINS_H
#define TESTS_FUZZ_FUZZ_PINS_H

#include "applier/webconfig.h"
#include "tests/fuzz/fuzz.h"

#define FUZZ_PINS 3

/* The base points of P-256, P-384 and P-521 (SEC 2). */
static const char *const fuzz_known_pins[FUZZ_PINS] = {
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    "04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872"
    "760ab73617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d"
    "7c90ea0e5f",
    "0400c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc1"
    "27a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b44"
    "6817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650"};

/* What an input asks of a file. */
struct fuzz_wish {
    char section[2048];
    const char *selector; /* NULL: none */
    struct pin add[FUZZ_PINS];
    size_t add_count;
    uint8_t remove[8][32];
    size_t remove_count;
};

/* The selector, its length in front. */
static inline void fuzz_selector(struct fuzz_wish *wish, struct fuzz_input *in)
{
    struct fuzz_input selector = fuzz_part(in);

    if (selector.left > 0 && selector.left < sizeof wish->section) {
        memcpy(wish->section, selector.data, selector.left);
        wish->selector = wish->section;
    }
}

/* Of the first eight items with a value those whose bits are set. */
static inline void fuzz_choose_removed(struct fuzz_wish *wish, const struct webconfig *webconfig,
                                       unsigned bits)
{
    for (size_t i = 0; i < webconfig->by_digest_count && i < 8; i++) {
        if ((bits >> i & 1) != 0) {
            memcpy(wish->remove[wish->remove_count++], webconfig->by_digest[i]->pin.sha256, 32);
        }
    }
}

/* Of the known pins those whose bits are set, unless the file is to lose them. */
static inline void fuzz_choose_added(struct fuzz_wish *wish, unsigned bits)
{
    for (size_t i = 0; i < FUZZ_PINS; i++) {
        struct pin *pin = &wish->add[wish->add_count];
        bool goes = false;

        FUZZ_MUST(pin_from_hex(pin, fuzz_known_pins[i], strlen(fuzz_known_pins[i]), NULL));
        for (size_t k = 0; k < wish->remove_count; k++) {
            goes |= memcmp(wish->remove[k], pin->sha256, 32) == 0;
        }
        wish->add_count += (bits >> i & 1) != 0 && !goes;
    }
}

#endif
