/* SPDX-License-Identifier: MIT */
/* Words of commands that a person is told to type: Windows must read them as they were meant. */
#include "tests/windows/unit/shim_win32.h"

#include <shellapi.h>

#include "base/fsio_edge_win32.h"
#include "base/text.h"

static void words_come_back(void **unused)
{
    static const char *const words[] = {"E:\\",
                                        "E:\\a b\\",
                                        "E:\\a b\\\\",
                                        "plain",
                                        "\\\\server\\x y",
                                        "C:\\R&D (x86)",
                                        "\xc4\x8d \xe2\x82\xac",
                                        ""};

    (void)unused;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char word[200], line[300], *back;
        wchar_t *wide, **argv;
        int argc = 0;

        text_word(word, sizeof word, words[i], "OTHER");
        snprintf(line, sizeof line, "applier apply %s --note x", word);
        wide = fsio_edge_wide(line, NULL);
        assert_non_null(wide);
        argv = CommandLineToArgvW(wide, &argc);
        assert_int_equal(argc, 5);
        back = fsio_edge_text(argv[2], NULL);
        assert_string_equal(back, words[i]);
        free(back);
        free(wide);
        LocalFree(argv);
    }
}

static void what_a_shell_would_fill_in_is_not_offered(void **unused)
{
    static const char *const words[] = {"a\"b", "%PATH%", "$HOME", "a`b", "a\nb"};

    (void)unused;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char word[200];

        assert_string_equal(text_word(word, sizeof word, words[i], "OTHER"), "OTHER");
    }
}

static void the_end_of_the_room(void **unused)
{
    char word[8];

    (void)unused;
    assert_string_equal(text_word(word, sizeof word, "1234\\", "O"), "O");
    assert_string_equal(text_word(word, sizeof word, "123\\", "O"), "\"123\\\\\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_come_back),
        cmocka_unit_test(what_a_shell_would_fill_in_is_not_offered),
        cmocka_unit_test(the_end_of_the_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
