/* SPDX-License-Identifier: MIT */
/*
 * The declaration of a section: what is found stands in configSections, in groups with names that
 * may be written, and the selector through these groups finds the same. The input is a selector,
 * its length in front, and the file.
 */
#include "applier/webconfig_declared.h"
#include "applier/webconfig_lex.h"
#include "applier/webconfig_outline.h"
#include "base/limits.h"
#include "tests/fuzz/fuzz_pins.h"

/* "configuration/GROUP/.../pinnedCertificates" */
static void selector_of(const struct webconfig_declared *found, const struct webconfig_text *text,
                        struct buf *out)
{
    struct err err = {0};

    FUZZ_MUST(buf_add_text(out, "configuration/", &err));
    for (size_t i = 0; i < found->group_count; i++) {
        struct webconfig_span name = found->groups[i];

        FUZZ_MUST(name.start < name.end);
        for (size_t at = name.start; at < name.end; at += text->width) {
            unsigned unit = webconfig_text_unit(text, at);

            FUZZ_MUST(unit > ' ' && unit < 0x7f && strchr("<>&\"'/:[]*", (int)unit) == NULL);
            FUZZ_MUST(buf_printf(out, &err, "%c", (int)unit));
        }
        FUZZ_MUST(buf_add_text(out, "/", &err));
    }
    FUZZ_MUST(buf_add_text(out, "pinnedCertificates", &err));
}

static void check_place(const struct webconfig_declared *found, const struct webconfig_text *text)
{
    size_t behind = found->root;
    struct webconfig_lex tag;

    webconfig_lex_at(text, found->root, &tag);
    FUZZ_MUST(tag.kind == WEBCONFIG_LEX_START && webconfig_lex_is(text, tag.name, "configuration"));
    webconfig_lex_at(text, found->start, &tag);
    FUZZ_MUST(tag.kind == WEBCONFIG_LEX_START || tag.kind == WEBCONFIG_LEX_EMPTY);
    FUZZ_MUST(webconfig_lex_is(text, tag.name, "section"));
    FUZZ_MUST(found->group_count <= WEBCONFIG_DECLARED_GROUPS);
    for (size_t i = 0; i < found->group_count; i++) {
        FUZZ_MUST(behind < found->groups[i].start && found->groups[i].end < found->start);
        behind = found->groups[i].end;
    }
}

static void check_found(const struct webconfig_declared *found, const struct webconfig_text *text)
{
    struct webconfig_declared again = {0};
    struct err err = {0};
    struct buf selector;

    check_place(found, text);
    buf_init(&selector, LIMIT_TARGET_BYTES);
    selector_of(found, text, &selector);
    FUZZ_MUST(webconfig_declared_find(&again, text, buf_text(&selector), &err));
    FUZZ_MUST(again.start == found->start && again.root == found->root &&
              again.group_count == found->group_count);
    buf_release(&selector);
}

/* Nothing of the file but its element names and places is shown. */
static void check_refusal(const struct err *err)
{
    FUZZ_MUST(err->code == ERR_TARGET_SECTION || err->code == ERR_TARGET_AMBIGUOUS);
    for (const char *p = err->text; *p != '\0'; p++) {
        FUZZ_MUST(*p >= ' ' && *p <= '~');
    }
}

static void find(const struct webconfig_text *text, const char *section)
{
    struct webconfig_declared found = {.start = 99};
    struct err err = {0};
    bool taken = webconfig_declared_find(&found, text, section, &err);

    fuzz_verdict(taken, &err);
    if (taken) {
        check_found(&found, text);
    } else {
        FUZZ_MUST(found.start == 99);
        check_refusal(&err);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    struct fuzz_wish wish = {.selector = NULL};
    struct webconfig_selector none;
    struct webconfig_outline outline;
    struct webconfig_text text;
    struct buf file;

    fuzz_selector(&wish, &in);
    fuzz_copy(&file, in.data, in.left);
    if (webconfig_selector_parse(&none, NULL, NULL) && webconfig_text_open(&text, &file, NULL) &&
        webconfig_outline_read(&outline, &text, &none, NULL)) {
        if (outline.root_is_configuration && outline.root_is_known) {
            find(&text, wish.selector);
        }
        webconfig_outline_source_release(&outline);
    }
    buf_release(&file);
    return 0;
}
