/* SPDX-License-Identifier: MIT */
/*
 * Finds pins by what people type. A prefix must name one pin only: a decision about a key is never
 * made by chance.
 */
#include "bundler/approval.h"

#include <stdlib.h>
#include <string.h>

#define SHA256_DIGITS 64
#define DIGITS_MAX (2 * (size_t)PIN_BYTES_MAX)

void approval_init(struct approval *list)
{
    *list = (struct approval){0};
}

void approval_release(struct approval *list)
{
    free(list->pins);
    approval_init(list);
}

static bool put(struct approval *list, struct ledger_pin *pin, struct err *err)
{
    struct ledger_pin **pins;

    for (size_t i = 0; i < list->count; i++) {
        if (list->pins[i] == pin) {
            return true;
        }
    }
    pins = realloc(list->pins, (list->count + 1) * sizeof *pins);
    if (pins == NULL) {
        return err_memory(err);
    }
    list->pins = pins;
    list->pins[list->count++] = pin;
    return true;
}

/* The digits of `typed` in lower case. */
static bool read_digits(char out[static DIGITS_MAX + 1], size_t *len, const char *typed,
                        struct err *err)
{
    size_t count = 0;

    for (const char *c = typed; *c != '\0'; c++) {
        if (*c == ' ' || *c == ':') {
            continue;
        }
        if (strchr("0123456789abcdefABCDEF", *c) == NULL || count == DIGITS_MAX) {
            return err_set(err, ERR_USAGE, "'%.80s' is no pin: %s", typed,
                           count == DIGITS_MAX ? "no key has so many digits"
                                               : "hex digits are expected");
        }
        out[count++] = (char)(*c >= 'A' && *c <= 'F' ? *c - 'A' + 'a' : *c);
    }
    out[count] = '\0';
    *len = count;
    return count >= APPROVAL_PREFIX_MIN ||
           err_set(err, ERR_USAGE,
                   "'%s' is too short: give at least %d digits of the pin's SHA-256, as 'bundler "
                   "pins' shows it",
                   typed, APPROVAL_PREFIX_MIN);
}

static bool begins(const struct ledger_pin *pin, const char *digits, size_t len)
{
    char hex[SHA256_DIGITS + 1];

    text_hex(hex, pin->pin.sha256, sizeof pin->pin.sha256);
    return len <= SHA256_DIGITS && memcmp(hex, digits, len) == 0;
}

static bool find(struct ledger_pin **out, const struct ledger *ledger, const char *digits,
                 size_t len, struct err *err)
{
    struct ledger_pin *found = NULL;

    for (size_t i = 0; i < ledger->count; i++) {
        if (!begins(ledger->pins[i], digits, len)) {
            continue;
        }
        if (found != NULL) {
            return err_set(err, ERR_UNFIT, "several pins begin with '%s': give more digits",
                           digits);
        }
        found = ledger->pins[i];
    }
    *out = found;
    return found != NULL ||
           err_set(err, ERR_UNFIT,
                   "no pin in the ledger begins with '%.80s'; 'bundler pins' lists them", digits);
}

bool approval_add(struct approval *list, const struct ledger *ledger, const char *typed,
                  struct err *err)
{
    char digits[DIGITS_MAX + 1];
    struct ledger_pin *pin;
    size_t len;

    return read_digits(digits, &len, typed, err) && find(&pin, ledger, digits, len, err) &&
           put(list, pin, err);
}

static struct ledger_pin *by_key(struct ledger *ledger, const char *digits, size_t len,
                                 struct err *err)
{
    struct pin pin;

    if (!pin_from_hex(&pin, digits, len, err)) {
        err_context(err, "a key is expected, its SHA-256, or the first digits of that");
        return NULL;
    }
    return ledger_add(ledger, pin.sha256, err);
}

bool approval_add_any(struct approval *list, struct ledger *ledger, const char *typed,
                      struct err *err)
{
    char digits[DIGITS_MAX + 1];
    uint8_t sha256[32];
    struct ledger_pin *pin = NULL;
    size_t len;

    if (!read_digits(digits, &len, typed, err)) {
        return false;
    }
    if (len < SHA256_DIGITS) {
        return find(&pin, ledger, digits, len, err) && put(list, pin, err);
    }
    if (len > SHA256_DIGITS) {
        pin = by_key(ledger, digits, len, err);
    } else if (text_unhex(sha256, sizeof sha256, digits, len, false)) {
        pin = ledger_add(ledger, sha256, err);
    }
    return pin != NULL && put(list, pin, err);
}

bool approval_add_seen(struct approval *list, const struct ledger *ledger, struct err *err)
{
    for (size_t i = 0; i < ledger->count; i++) {
        if (ledger->pins[i]->state == LEDGER_SEEN && !put(list, ledger->pins[i], err)) {
            return false;
        }
    }
    return true;
}
