/* SPDX-License-Identifier: MIT */
/*
 * `applier init` without --config: what was found is shown, and a person says which it is.
 */
#include <stdlib.h>
#include <string.h>

#include "applier/commands.h"
#include "applier/find.h"
#include "base/iis.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/tty.h"

#define ANSWER_MAX 256

static bool search(struct find *found, struct err *skipped, struct err *err)
{
    struct find_ground ground = {.hosting = iis_hosting(), .expand = iis_expand};
    bool ok = iis_drives(&ground.drives, err) && find_configs(found, &ground, skipped, err);

    fsio_names_release(&ground.drives);
    return ok;
}

static bool none_found(const struct err *skipped, struct err *err)
{
    return err_set(err, ERR_USAGE,
                   "'init' needs --config WEB.CONFIG: no web.config with a pinnedCertificates "
                   "section was found in the folders of IIS's sites or where ENS is usually "
                   "installed%s%s%s",
                   skipped->code == ERR_NONE ? "" : " (IIS's sites are not known: ",
                   skipped->code == ERR_NONE ? "" : skipped->text,
                   skipped->code == ERR_NONE ? "" : ")");
}

static void tell_found(struct cmd_call *call, const struct find *found)
{
    struct jout *list = jout_array(call->result, "found");

    cmd_say(call, "Found %zu file%s with pins of a service:\n", found->count,
            found->count == 1 ? "" : "s");
    for (size_t i = 0; i < found->count; i++) {
        const struct find_config *c = &found->configs[i];
        struct jout *item = jout_item(list);
        char shown[COMMANDS_WORD_SIZE];

        jout_text(item, "path", c->path);
        jout_text(item, "from", c->from);
        jout_number(item, "pins", c->pins);
        cmd_say(call, "  %zu  %s\n     %s; ", i + 1,
                text_shown(shown, sizeof shown, c->path, strlen(c->path)), c->from);
        if (c->several) {
            cmd_say(call, "several sections of pins: --section has to choose one\n");
        } else {
            cmd_say(call, "%zu pin%s\n", c->pins, c->pins == 1 ? "" : "s");
        }
    }
}

/* The command as it was given, with a file; `word` by word, as the shell takes it. */
static bool command_for(const struct cmd_call *call, const char *path, struct buf *out,
                        struct err *err)
{
    static const char *const options[] = {"site", "trust", "fingerprint", "section", "at-least"};
    char word[COMMANDS_WORD_SIZE], state[1100];
    bool ok = buf_add_text(out, "applier init", err);

    for (size_t i = 0; ok && i < sizeof options / sizeof options[0]; i++) {
        const char *value = cmd_value(call, options[i]);

        ok = value == NULL || buf_printf(out, err, " --%s %s", options[i],
                                         text_word(word, sizeof word, value, "VALUE"));
    }
    return ok && buf_printf(out, err, " --config %s%s%s",
                            text_word(word, sizeof word, path, "WEB.CONFIG"),
                            cmd_flag(call, "create-section") ? " --create-section" : "",
                            commands_state_option(call, state, sizeof state));
}

static bool no_terminal(const struct cmd_call *call, const struct find *found, struct err *err)
{
    struct buf command;
    bool ok;

    buf_init(&command, LIMIT_LINE_BYTES);
    ok = command_for(call, found->configs[0].path, &command, err);
    if (ok) {
        err_set(err, ERR_USAGE,
                "%zu file%s with pins found, and there is no terminal to ask on which is meant: "
                "type %s: %s",
                found->count, found->count == 1 ? "" : "s",
                found->count == 1 ? "this, if it is the file"
                                  : "this with the file, or with several --config",
                buf_text(&command));
    }
    buf_release(&command);
    return false;
}

static bool ask(const struct cmd_call *call, const struct find *found, bool chosen[],
                struct err *err)
{
    struct buf line;
    bool ok;

    buf_init(&line, ANSWER_MAX);
    ok = tty_ask("Which of them shall be kept supplied with pins? Its number, or several; nothing "
                 "to stop: ",
                 &line, err);
    if (!ok && err->code == ERR_IO_ABSENT) {
        buf_release(&line);
        return no_terminal(call, found, err);
    }
    ok = ok && find_chosen(buf_text(&line), found->count, chosen, err);
    buf_release(&line);
    return ok;
}

bool commands_find(struct cmd_call *call, struct fsio_names *configs, struct err *err)
{
    struct fsio_names taken = {0};
    struct find found = {0};
    struct err skipped = {0};
    bool chosen[FIND_MAX] = {false};
    bool ok = search(&found, &skipped, err);

    if (ok && found.count == 0) {
        ok = none_found(&skipped, err);
    } else if (ok) {
        tell_found(call, &found);
        ok = ask(call, &found, chosen, err);
    }
    if (ok) {
        taken.names = calloc(found.count, sizeof *taken.names);
        ok = taken.names != NULL || err_memory(err);
    }
    for (size_t i = 0; ok && i < found.count; i++) {
        if (chosen[i]) {
            taken.names[taken.count] = strdup(found.configs[i].path);
            ok = taken.names[taken.count] != NULL ? (taken.count++, true) : err_memory(err);
        }
    }
    find_release(&found);
    if (!ok) {
        fsio_names_release(&taken);
        return false;
    }
    *configs = taken;
    return true;
}
