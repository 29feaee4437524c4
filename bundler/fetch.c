/* SPDX-License-Identifier: MIT */
/*
 * From sources to the ledger.
 */
#include "bundler/fetch.h"

#include <stdlib.h>
#include <string.h>

void fetch_report_init(struct fetch_report *report)
{
    memset(report, 0, sizeof *report);
}

void fetch_report_release(struct fetch_report *report)
{
    free(report->pins);
    free(report->missing);
    fetch_report_init(report);
}

static int compare_pins(const void *a, const void *b)
{
    const struct fetch_pin *x = a, *y = b;

    return pin_compare(&x->shown.pin, &y->shown.pin);
}

/* The entry of the same key, or the next free one. */
static struct fetch_pin *place_of(struct fetch_report *report, const struct pin *pin)
{
    for (size_t i = 0; i < report->count; i++) {
        if (pin_equal(&report->pins[i].shown.pin, pin)) {
            return &report->pins[i];
        }
    }
    return &report->pins[report->count++];
}

static void report_pin(struct fetch_report *report, const struct source_pin *pin, bool is_new)
{
    size_t before = report->count;
    struct fetch_pin *p = place_of(report, &pin->pin);

    if (report->count > before ||
        (pin->has_validity && (!p->shown.has_validity || pin->valid_to > p->shown.valid_to))) {
        p->shown = *pin;
    }
    p->is_new = p->is_new || is_new;
}

static bool observe(struct ledger *ledger, const struct source *source, int64_t now,
                    struct fetch_report *report, struct err *err)
{
    for (size_t i = 0; i < source->count; i++) {
        const struct source_pin *pin = &source->pins[i];
        const struct ledger_observed observed = {.pin = &pin->pin,
                                                 .kind = source->kind,
                                                 .when = now,
                                                 .sha256 = source->sha256,
                                                 .has_validity = pin->has_validity,
                                                 .valid_from = pin->valid_from,
                                                 .valid_to = pin->valid_to,
                                                 .subject = pin->subject};
        bool is_new;

        if (!ledger_observe(ledger, &observed, &is_new, err)) {
            err_context(err, "%s", source->name);
            return false;
        }
        report_pin(report, pin, is_new);
    }
    return true;
}

static bool in_answers(const struct source *sources, size_t count, const struct pin *pin)
{
    for (size_t i = 0; i < count; i++) {
        if (source_is_answer(&sources[i]) && source_has(&sources[i], pin)) {
            return true;
        }
    }
    return false;
}

static bool find_missing(const struct ledger *ledger, const struct source *sources, size_t count,
                         struct fetch_report *out, struct err *err)
{
    bool has_answer = false;

    for (size_t i = 0; i < count; i++) {
        has_answer = has_answer || source_is_answer(&sources[i]);
    }
    if (!has_answer || ledger->count == 0) {
        return true;
    }
    out->missing = calloc(ledger->count, sizeof *out->missing);
    if (out->missing == NULL) {
        return err_memory(err);
    }
    for (size_t i = 0; i < ledger->count; i++) {
        if (ledger->pins[i]->state == LEDGER_APPROVED &&
            !in_answers(sources, count, &ledger->pins[i]->pin)) {
            out->missing[out->missing_count++] = ledger->pins[i]->pin;
        }
    }
    return true;
}

bool fetch_record(struct ledger *ledger, const struct source *sources, size_t count, int64_t now,
                  struct fetch_report *out, struct err *err)
{
    struct fetch_report report;
    size_t most = 1;
    bool ok;

    fetch_report_init(&report);
    for (size_t i = 0; i < count; i++) {
        most += sources[i].count;
    }
    report.pins = calloc(most, sizeof *report.pins);
    ok = report.pins != NULL || err_memory(err);
    for (size_t i = 0; ok && i < count; i++) {
        ok = observe(ledger, &sources[i], now, &report, err);
    }
    if (!ok || !find_missing(ledger, sources, count, &report, err)) {
        fetch_report_release(&report);
        return false;
    }
    qsort(report.pins, report.count, sizeof *report.pins, compare_pins);
    for (size_t i = 0; i < report.count; i++) {
        report.pins[i].state = ledger_find(ledger, report.pins[i].shown.pin.sha256)->state;
        report.new_count += report.pins[i].is_new;
    }
    fetch_report_release(out);
    *out = report;
    return true;
}

bool fetch_store(const struct workspace *ws, struct ledger *ledger, const struct source *sources,
                 size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!ledger_keep_evidence(ws, sources[i].sha256, &sources[i].raw, err)) {
            return false;
        }
    }
    return ledger_save(ledger, ws, err);
}
