/* SPDX-License-Identifier: MIT */
/* `init` without --config: what was found is offered on a terminal, which the test plays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "applier/commands.h"
#include "base/iis.h"
#include "base/tty.h"
#include "tests/unit/scratch.h"

static const char *answer; /* NULL: there is no terminal */
static unsigned asked;
static struct fsio_names taken;
static struct err failed;
static bool done;

bool tty_ask(const char *prompt, struct buf *out, struct err *err)
{
    asked++;
    assert_non_null(strstr(prompt, "Its number"));
    return answer == NULL ? err_set(err, ERR_IO_ABSENT, "there is no terminal")
                          : buf_add_text(out, answer, err);
}

bool tty_ask_secret(const char *prompt, struct buf *out, struct err *err)
{
    return tty_ask(prompt, out, err);
}

bool iis_limit_kib(uint64_t *kib)
{
    (void)kib;
    return false;
}

const char *iis_hosting(void)
{
    return scratch("applicationHost.config");
}

char *iis_expand(const char *path, struct err *err)
{
    (void)err;
    return strdup(path);
}

bool iis_drives(struct fsio_names *out, struct err *err)
{
    (void)err;
    *out = (struct fsio_names){.names = calloc(1, sizeof *out->names), .count = 1};
    assert_non_null(out->names);
    out->names[0] = strdup(scratch_dir);
    return true;
}

static bool find(struct cmd_call *call, struct err *err)
{
    done = commands_find(call, &taken, err);
    failed = *err;
    return done;
}

/* Runs `x find OPTION...`. */
static void call(char *first, char *second)
{
    static const struct cmd_option options[] = {
        {"site", 0, "ID", "", false},         {"trust", 0, "FILE", "", false},
        {"fingerprint", 0, "HEX", "", false}, {"section", 0, "PATH", "", false},
        {"at-least", 0, "N", "", false},      {"create-section", 0, NULL, "", false},
        {NULL, 0, NULL, NULL, false}};
    static const struct cmd_option common[] = {{"state", 0, "DIR", "", false},
                                               {NULL, 0, NULL, NULL, false}};
    static const struct cmd commands[] = {
        {.name = "find", .args = "", .summary = "", .options = options, .run = find},
        {.name = NULL}};
    static const struct cmd_program program = {
        .name = "x", .summary = "", .commands = commands, .common = common};
    char name[] = "x", command[] = "find", site[] = "--site=plant-7", trust[] = "--trust=t.xml";
    char *argv[] = {name, command, site, trust, first, second, NULL};
    int code;

    asked = 0;
    fsio_names_release(&taken);
    taken = (struct fsio_names){0};
    code = cmd_main(&program, first == NULL ? 4 : second == NULL ? 5 : 6, argv);
    assert_int_equal(code, done ? 0 : err_exit(failed.code));
}

static void put(const char *folder)
{
    char path[1024];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", scratch_dir, folder);
    for (char *p = path + strlen(scratch_dir) + 1; (p = strchr(p, '/')) != NULL; p++) {
        *p = '\0';
        mkdir(path, 0755);
        *p = '/';
    }
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/%s/web.config", scratch_dir, folder);
    file = fopen(path, "wb");
    assert_non_null(file);
    fputs("<configuration><pinnedCertificates/></configuration>", file);
    assert_int_equal(fclose(file), 0);
}

static int begin(void **state)
{
    (void)state;
    scratch_empty(scratch_dir);
    answer = NULL;
    done = false;
    failed = (struct err){0};
    return 0;
}

static void refused(const char *words)
{
    assert_false(done);
    assert_int_equal(failed.code, ERR_USAGE);
    if (strstr(failed.text, words) == NULL) {
        fail_msg("'%s' is not in: %s", words, failed.text);
    }
    assert_int_equal(taken.count, 0);
}

#define ENS "/Email Notification Service/Website"

static void nothing_found_asks_for_the_option(void **unused)
{
    (void)unused;
    answer = "1";
    call(NULL, NULL);
    refused("needs --config WEB.CONFIG");
    assert_non_null(strstr(failed.text, "IIS's sites are not known"));
    assert_int_equal(asked, 0);
}

static void a_person_says_which(void **unused)
{
    (void)unused;
    put("AirWatch" ENS);
    put("VMware/AirWatch" ENS);
    answer = "2";
    call(NULL, NULL);
    assert_true(done);
    assert_int_equal(taken.count, 1);
    assert_string_equal(taken.names[0], scratch("VMware/AirWatch" ENS "/web.config"));
    answer = "2 1";
    call(NULL, NULL);
    assert_true(done);
    assert_int_equal(taken.count, 2);
    assert_string_equal(taken.names[0], scratch("AirWatch" ENS "/web.config"));
}

static void even_one_is_never_assumed(void **unused)
{
    static const char *const no[] = {"", " ", "2", "yes", "1 1"};

    (void)unused;
    put("AirWatch" ENS);
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++) {
        answer = no[i];
        call(NULL, NULL);
        refused("nothing was done");
        assert_int_equal(asked, 1);
    }
}

static void without_a_terminal_the_command_is_told(void **unused)
{
    static char state[] = "--state=/s", section[] = "--create-section";

    (void)unused;
    put("AirWatch" ENS);
    call(state, section);
    refused("there is no terminal");
    assert_non_null(strstr(failed.text, "1 file with pins found"));
    assert_non_null(
        strstr(failed.text, "applier init --site 'plant-7' --trust 't.xml' --config '"));
    assert_non_null(strstr(failed.text, ENS "/web.config' --create-section --state '/s'"));
    put("VMware/AirWatch" ENS);
    call(NULL, NULL);
    refused("2 files with pins found");
}

static int end(void **state)
{
    fsio_names_release(&taken);
    return scratch_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_found_asks_for_the_option, begin),
        cmocka_unit_test_setup(a_person_says_which, begin),
        cmocka_unit_test_setup(even_one_is_never_assumed, begin),
        cmocka_unit_test_setup(without_a_terminal_the_command_is_told, begin),
    };

    return cmocka_run_group_tests(tests, scratch_make, end);
}
