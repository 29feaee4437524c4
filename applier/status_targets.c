/* SPDX-License-Identifier: MIT */
/*
 * What the targets hold, beside what the last bundle says.
 */
#include <string.h>

#include "applier/commands.h"
#include "applier/plan_words.h"
#include "applier/status.h"
#include "applier/target.h"
#include "applier/webconfig.h"
#include "base/when.h"

struct counts {
    size_t present, missing, retired, extra;
};

static bool is_known(const struct manifest *m, const uint8_t sha256[static 32])
{
    for (size_t i = 0; i < m->pin_count; i++) {
        if (memcmp(m->pins[i].pin.sha256, sha256, 32) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < m->retired_count; i++) {
        if (memcmp(m->retired[i].sha256, sha256, 32) == 0) {
            return true;
        }
    }
    return false;
}

static struct counts count(const struct webconfig *found, const struct manifest *m)
{
    struct counts counts = {0};

    for (size_t i = 0; i < m->pin_count; i++) {
        bool there = webconfig_find(found, m->pins[i].pin.sha256) != NULL;

        counts.present += there;
        counts.missing += !there;
    }
    for (size_t i = 0; i < m->retired_count; i++) {
        counts.retired += webconfig_find(found, m->retired[i].sha256) != NULL;
    }
    for (size_t i = 0; i < found->item_count; i++) {
        const struct webconfig_item *item = &found->items[i];

        counts.extra += item->is_pin && (item->odd & WEBCONFIG_ODD_REPEATED) == 0 &&
                        !is_known(m, item->pin.sha256);
    }
    return counts;
}

static void tell_counts(struct status *s, const char *path, const struct webconfig *found,
                        struct jout *to)
{
    const struct manifest *m = s->last == NULL ? NULL : bundle_manifest(s->last);
    struct counts counts;
    struct err err = {0};

    jout_number(to, "pins", found->pin_count);
    cmd_result(s->call, ": %zu pin%s", found->pin_count, plan_words_s(found->pin_count));
    if (m == NULL) {
        cmd_result(s->call, "\n");
        return;
    }
    counts = count(found, m);
    jout_number(to, "present", counts.present);
    jout_number(to, "missing", counts.missing);
    jout_number(to, "retired", counts.retired);
    jout_number(to, "extra", counts.extra);
    cmd_result(s->call, "; %zu of the last bundle's %zu, %zu retired, %zu other\n", counts.present,
               m->pin_count, counts.retired, counts.extra);
    if (counts.missing > 0 || counts.retired > 0) {
        err_set(&err, ERR_NONE,
                "%s: lacks %zu pin%s of the last bundle and holds %zu that it retires; %s", path,
                counts.missing, plan_words_s(counts.missing), counts.retired,
                s->last_is_held ? "that bundle was rolled back: 'applier apply BUNDLE' with its "
                                  "name, or with a newer one, puts that right"
                                : "'applier apply' without a bundle puts that right");
        status_note(s, "pending", STATUS_PENDING, err.text);
    }
}

static void tell_target(struct status *s, const struct site_target *target, size_t index)
{
    struct jout *to = jout_item(s->targets);
    struct err err = {0};
    struct webconfig *found = NULL;
    char shown[ERR_TEXT_SIZE];
    struct target t;
    bool ok;

    jout_number(to, "index", index);
    target_init(&t);
    ok = target_open(&t, target->path, target->section, &err);
    if (ok && !webconfig_scan(&t.bytes, t.section, &found, &err)) {
        err_context(&err, "%s", t.path);
        ok = false;
    }
    jout_text(to, "path", ok ? t.path : target->path);
    jout_text(to, "config_source_of", ok ? t.config : NULL);
    jout_text(to, "reason", ok ? NULL : err_reason(err.code));
    if (ok) {
        jout_text(to, "encoding", webconfig_encoding_text(found));
        jout_text(to, "line_ends", webconfig_eol_text(found));
        text_shown(shown, sizeof shown, t.path, strlen(t.path));
        cmd_result(s->call, "target %-3zu %s", index, shown);
        if (t.config != NULL) {
            cmd_result(s->call, " (configSource of %s)",
                       text_shown(shown, sizeof shown, t.config, strlen(t.config)));
        }
        tell_counts(s, t.path, found, to);
    } else {
        status_note_err(s, &err);
    }
    webconfig_free(found);
    target_release(&t);
}

void status_targets(struct status *s, const struct site *site, const struct err *missing)
{
    if (site == NULL) {
        status_note_err(s, missing);
        return;
    }
    commands_tell_windows(s->call, &site->windows, when_now());
    jout_number(s->call->result, "minimum", site->minimum);
    for (size_t i = 0; i < site->count; i++) {
        tell_target(s, &site->targets[i], i + 1);
    }
}
