/* SPDX-License-Identifier: MIT */
/* One target on a plan's page. */
#include "applier/plan_page_target.h"

#include "applier/plan_lines.h"
#include "applier/plan_words.h"

static void write_config(struct html *h, const struct plan_target *target)
{
    html_raw(h, "The pins stand in this file because a configSource ");
    if (target->config_line > 0) {
        html_printf(h, "on line %zu ", target->config_line);
    }
    html_raw(h, "of <code>");
    html_text(h, target->config);
    html_raw(h, "</code> names it; that one is not written. ");
    if (target->changes) {
        html_raw(h, "<strong>" PLAN_WORDS_RECYCLE "</strong> ");
    }
}

static void write_head(struct html *h, const struct plan *plan, const struct plan_target *target)
{
    html_raw(h, "<h3>");
    html_text(h, target->path);
    html_raw(h, "</h3>\n<p>");
    if (target->config != NULL) {
        write_config(h, target);
    }
    if (target->section != NULL) {
        html_raw(h, "Section <code>");
        html_text(h, target->section);
        html_raw(h, "</code>. ");
    }
    if (target->fate != WEBCONFIG_STAYS) {
        html_raw(h, "<strong>In addition ");
        html_text(h, plan_words_section(target));
        html_raw(h, ".</strong> ");
    }
    html_printf(h, "%s, line ends %s.", target->encoding, target->eol);
    if (!target->changes) {
        html_printf(h, " %zu pin%s. ", target->report.old_count,
                    plan_words_s(target->report.old_count));
        html_raw(h, "<strong>This file needs no change and is not written.</strong></p>\n");
        return;
    }
    html_printf(h, " Pins: %zu before, %zu afterwards", target->report.old_count,
                target->report.new_count);
    if (plan->minimum > 0) {
        html_printf(h, " (at least %zu are required)", plan->minimum);
    }
    html_printf(h, ". Size: %zu bytes before, %zu afterwards (at most %zu).", target->old_bytes.len,
                target->new_bytes.len, plan->max_bytes);
    html_raw(h, "</p>\n");
}

static void write_line(struct html *h, const struct plan_line *line)
{
    html_raw(h, line->comes ? "<tr class=\"comes\"><td class=\"sign\">+</td>"
                            : "<tr class=\"goes\"><td class=\"sign\">\xe2\x88\x92</td>");
    html_raw(h, "<td class=\"line\">");
    html_printf(h, "%zu", line->row->line);
    html_raw(h, "</td><td><code>");
    html_text(h, buf_text(&line->text));
    html_raw(h, "</code></td></tr>\n");
}

static void write_lines(struct html *h, const struct plan_target *target)
{
    struct plan_lines lines;

    if (h->failed || !plan_lines_of(target, &lines, h->err)) {
        h->failed = true;
        return;
    }
    html_raw(h, "<table class=\"diff\">\n<caption>The elements that go (\xe2\x88\x92, line of the "
                "old file) and come (+, line of the new file), whole; long ones are wrapped here "
                "only. Every other byte of the file stays.</caption>\n<tbody>\n");
    for (size_t i = 0; i < lines.count; i++) {
        write_line(h, &lines.items[i]);
    }
    html_raw(h, "</tbody></table>\n");
    plan_lines_release(&lines);
}

static const char *row_class(enum plan_fate fate)
{
    switch (fate) {
    case PLAN_ADDED:
        return "<tr class=\"comes\">";
    case PLAN_REMOVED:
        return "<tr class=\"goes\">";
    default:
        return "<tr>";
    }
}

static void write_row(struct html *h, const struct plan_row *row, const struct bundle *bundle)
{
    char key[PIN_TYPE_TEXT_SIZE], validity[PLAN_WORDS_VALIDITY_SIZE];

    html_raw(h, row_class(row->fate));
    html_raw(h, "<td data-label=\"Line\" class=\"line\">");
    html_printf(h, "%zu", row->line);
    html_raw(h, "</td><td data-label=\"Pin\"><strong>");
    html_text(h, plan_words_fate(row->fate, bundle));
    html_raw(h, "</strong></td><td data-label=\"SHA-256\"><code>");
    if (row->pin.len > 0) {
        html_hex(h, row->pin.sha256, sizeof row->pin.sha256);
    } else {
        html_raw(h, "no readable value");
    }
    html_raw(h, "</code></td><td data-label=\"Key\" class=\"whole\">");
    html_text(h, plan_words_key(row, key));
    html_raw(h, row->has_validity ? "</td><td data-label=\"Valid\"><span class=\"whole\">"
                                  : "</td><td data-label=\"Reason\">");
    html_text(h, plan_words_validity(row, validity));
    html_raw(h, row->has_validity ? "</span>" : "");
    html_raw(h, row->has_validity && row->reason[0] != '\0' ? "; " : "");
    html_text(h, row->reason);
    html_raw(h, "</td></tr>\n");
}

static void write_table(struct html *h, const struct plan_target *target,
                        const struct bundle *bundle)
{
    html_raw(h, "<table class=\"stack\">\n<caption>Every pin of this file and what becomes of "
                "it</caption>\n<thead><tr><th>Line</th><th>Pin</th><th>SHA-256 of the "
                "key</th><th>Key</th><th>Valid, reason</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < target->row_count; i++) {
        write_row(h, &target->rows[i], bundle);
    }
    html_raw(h, "</tbody></table>\n");
}

void plan_page_target(struct html *h, const struct plan *plan, const struct plan_target *target,
                      const struct bundle *bundle)
{
    write_head(h, plan, target);
    if (target->changes) {
        write_lines(h, target);
        write_table(h, target, bundle);
    }
}
