/* SPDX-License-Identifier: MIT */
/* What the applier's commands share: folders, the ground that a bundle is compared with, sections.
 */
#include "applier/commands.h"
#include "tests/unit/site_kit.h"

static struct err err;
static char *seen_dir, *seen_option, *seen_section;
static bool seen_state, seen_trust;
static enum err_code seen_code;

/* Notes what a call gives. */
static bool look(struct cmd_call *call, struct err *failed)
{
    char option[600];
    struct commands_ground ground;
    struct site *site = site_kit_site("a", NULL);

    seen_dir = strdup(commands_state_dir(call));
    seen_option = strdup(commands_state_option(call, option, sizeof option));
    assert_true(commands_section(call, site, failed));
    seen_section = site->targets[0].section == NULL ? NULL : strdup(site->targets[0].section);
    site_free(site);
    if (!commands_ground_open(call, &ground, failed)) {
        seen_code = failed->code;
        return false;
    }
    seen_code = ERR_NONE;
    seen_state = ground.state != NULL;
    seen_trust = ground.trust != NULL;
    commands_ground_release(&ground);
    assert_null(ground.state);
    return true;
}

/* Runs `x look ARGUMENT...`. */
static int call(char *first, char *second, char *third, char *fourth)
{
    static const struct cmd_option options[] = {{"trust", 0, "FILE", "", false},
                                                {"fingerprint", 0, "HEX", "", false},
                                                {"section", 0, "PATH", "", false},
                                                {NULL, 0, NULL, NULL, false}};
    static const struct cmd_option common[] = {{"state", 0, "DIR", "", false},
                                               {NULL, 0, NULL, NULL, false}};
    static const struct cmd commands[] = {
        {.name = "look", .args = "", .summary = "", .options = options, .run = look},
        {.name = NULL}};
    static const struct cmd_program program = {
        .name = "x", .summary = "", .commands = commands, .common = common};
    static char program_name[] = "x", command_name[] = "look";
    char *argv[] = {program_name, command_name, first, second, third, fourth, NULL};
    int argc = 2;

    while (argv[argc] != NULL) {
        argc++;
    }
    free(seen_dir);
    free(seen_option);
    free(seen_section);
    seen_dir = seen_option = seen_section = NULL;
    return cmd_main(&program, argc, argv);
}

static char *option(const char *name, const char *value)
{
    static char texts[4][1200];
    static int next;
    char *text = texts[next++ % 4];

    snprintf(text, sizeof texts[0], "--%s=%s", name, value);
    return text;
}

static int setup(void **unused)
{
    struct site *site;

    err = (struct err){0};
    site_kit_empty(unused);
    site_kit_target("a", "1");
    site = site_kit_site("a", NULL);
    site_kit_enrol(site);
    site_free(site);
    return 0;
}

static void a_state_is_the_ground(void **unused)
{
    (void)unused;
    assert_int_equal(call(option("state", scratch("state")), NULL, NULL, NULL), 0);
    assert_string_equal(seen_dir, scratch("state"));
    assert_non_null(strstr(seen_option, " --state '"));
    assert_true(seen_state && !seen_trust);
    assert_null(seen_section);
    assert_int_equal(call(option("state", scratch("nowhere")), NULL, NULL, NULL), 18);
    assert_int_equal(seen_code, ERR_STATE_ABSENT);
}

static void without_an_option_the_default_folder_is_meant(void **unused)
{
    (void)unused;
    call(NULL, NULL, NULL, NULL);
    assert_string_equal(seen_dir, COMMANDS_STATE_DIR);
    assert_string_equal(seen_option, "");
}

static void a_set_that_is_vouched_for_is_the_ground(void **unused)
{
    const struct trust *set = site_kit_made.trust;
    char hex[65];

    (void)unused;
    KIT_MUST(fsio_replace(scratch("trust.xml"), set->bytes.data, set->bytes.len, 0644, must));
    text_hex(hex, set->fingerprint, 32);
    assert_int_equal(call(option("state", scratch("nowhere")),
                          option("trust", scratch("trust.xml")), option("fingerprint", hex), NULL),
                     0);
    assert_true(seen_trust && !seen_state);
    hex[0] = hex[0] == '0' ? '1' : '0';
    assert_int_equal(
        call(option("trust", scratch("trust.xml")), option("fingerprint", hex), NULL, NULL), 17);
    assert_int_equal(seen_code, ERR_TRUST_FINGERPRINT);
}

static void one_without_the_other_is_no_ground(void **unused)
{
    (void)unused;
    assert_int_equal(call(option("state", scratch("state")), option("trust", "t"), NULL, NULL), 2);
    assert_int_equal(seen_code, ERR_USAGE);
    assert_int_equal(
        call(option("state", scratch("state")), option("fingerprint", "f"), NULL, NULL), 2);
    assert_int_equal(seen_code, ERR_USAGE);
}

static void a_section_is_for_every_target(void **unused)
{
    (void)unused;
    assert_int_equal(call(option("state", scratch("state")), option("section", "a/b"), NULL, NULL),
                     0);
    assert_string_equal(seen_section, "a/b");
}

static void a_trust_set_as_json(void **unused)
{
    struct jout *j = jout_new();
    char text[4096] = "";
    FILE *file = tmpfile();

    (void)unused;
    commands_trust_json(site_kit_made.trust, j);
    assert_non_null(file);
    assert_true(jout_print(j, file, &err));
    rewind(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    assert_non_null(strstr(text, "\"version\": 1"));
    assert_non_null(strstr(text, "\"single_key\": false"));
    fclose(file);
    jout_free(j);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        TEST(a_state_is_the_ground),
        TEST(without_an_option_the_default_folder_is_meant),
        TEST(a_set_that_is_vouched_for_is_the_ground),
        TEST(one_without_the_other_is_no_ground),
        TEST(a_section_is_for_every_target),
        TEST(a_trust_set_as_json),
    };

    return cmocka_run_group_tests(tests, site_kit_make, site_kit_remove);
}
