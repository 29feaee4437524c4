/* SPDX-License-Identifier: MIT */
/* Statements: one that is read is written again as the same bytes. */
#include "base/when.h"
#include "bundles/statement.h"
#include "tests/fuzz/fuzz.h"

static void must_refuse(const struct statement *statement)
{
    struct err err = {0};
    struct buf out;

    buf_init(&out, LIMIT_DOCUMENT_BYTES);
    FUZZ_MUST(!statement_write(statement, &out, &err) && err.code == ERR_DOCUMENT_FORM);
    buf_release(&out);
}

/* What the reader would not take, the writer does not write. */
static void check_refusals(const struct statement *good)
{
    struct statement wrong = *good;

    wrong.site[0] = '-';
    must_refuse(&wrong);
    wrong = *good;
    wrong.reason[0] = ' ';
    must_refuse(&wrong);
    wrong = *good;
    wrong.created = WHEN_MAX + 1;
    must_refuse(&wrong);
    wrong = *good;
    wrong.kind = STATEMENT_RESET_STATE;
    wrong.floor = WHEN_MIN;
    wrong.epoch = 0;
    must_refuse(&wrong);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    struct statement *statement = statement_parse(data, size, &err);
    struct buf again;

    fuzz_verdict(statement != NULL, &err);
    if (statement != NULL) {
        FUZZ_MUST(text_is_id(statement->site) && text_is_id(statement->channel));
        FUZZ_MUST(statement->kind == STATEMENT_EXPIRED || statement->floor >= WHEN_MIN);
        FUZZ_MUST(statement->kind != STATEMENT_RESET_STATE || statement->epoch >= 1);
        buf_init(&again, LIMIT_DOCUMENT_BYTES);
        FUZZ_MUST(statement_write(statement, &again, &err) && buf_is(&again, data, size));
        buf_release(&again);
        check_refusals(statement);
    }
    statement_free(statement);
    return 0;
}
