/* SPDX-License-Identifier: MIT */
/*
 * Files with keys: PEM, DER, PKCS#7, hex. Each key that is found is sound and reads the same again
 * by its bytes, its hex and its SubjectPublicKeyInfo.
 */
#include "base/limits.h"
#include "keys/pinfile.h"
#include "tests/fuzz/fuzz.h"

static void check_entry(const struct pinfile_entry *entry)
{
    struct err err = {0};
    char base64[45], text[PIN_TYPE_TEXT_SIZE];
    struct pin again;
    struct buf hex;

    buf_init(&hex, 2 * PIN_BYTES_MAX);
    FUZZ_MUST(pin_add_hex(&entry->pin, true, &hex, &err));
    FUZZ_MUST(pin_from_hex(&again, buf_text(&hex), hex.len, &err));
    FUZZ_MUST(pin_equal(&again, &entry->pin) && again.type == entry->pin.type &&
              again.bits == entry->pin.bits);
    FUZZ_MUST(pin_spki_base64(&entry->pin, base64, &err) && strlen(base64) == 44);
    FUZZ_MUST(pin_type_text(&entry->pin, text) != NULL);
    FUZZ_MUST(!entry->has_validity || entry->not_before <= entry->not_after);
    buf_release(&hex);
}

static void check_pin(bool taken, const struct pin *pin, const struct err *err)
{
    struct pin again;

    fuzz_verdict(taken, err);
    if (taken) {
        FUZZ_MUST(pin_from_bytes(&again, pin->bytes, pin->len, NULL));
        FUZZ_MUST(pin_equal(&again, pin) && memcmp(again.sha256, pin->sha256, 32) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct pinfile file;
    struct buf bytes;
    struct pin pin;
    bool taken;

    fuzz_copy(&bytes, data, size);
    pinfile_init(&file);
    taken = pinfile_read(&file, &bytes, "fuzz", &err);
    fuzz_verdict(taken, &err);
    FUZZ_MUST(taken == (file.count > 0));
    for (size_t i = 0; i < file.count; i++) {
        check_entry(&file.entries[i]);
    }
    pinfile_release(&file);
    err = (struct err){0};
    check_pin(pin_from_bytes(&pin, data, size, &err), &pin, &err);
    err = (struct err){0};
    check_pin(pin_from_spki(&pin, data, size, &err), &pin, &err);
    err = (struct err){0};
    check_pin(pin_from_hex(&pin, buf_text(&bytes), size, &err), &pin, &err);
    buf_release(&bytes);
    return 0;
}
