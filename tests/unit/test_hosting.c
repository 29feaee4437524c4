/* SPDX-License-Identifier: MIT */
/* applicationHost.config: the folders of IIS's sites, whatever else stands there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "applier/hosting.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- IIS -->\n<configuration>\n"
#define SITES(inner)                                                                               \
    HEAD "<system.applicationHost><sites>" inner "</sites></system.applicationHost></"             \
         "configuration>"

static struct hosting found;
static struct err err;

static bool read_bytes(const void *bytes, size_t len)
{
    struct buf file;
    bool ok;

    hosting_release(&found);
    err = (struct err){0};
    buf_init(&file, 65536);
    assert_true(buf_add(&file, bytes, len, &err));
    ok = hosting_read(&found, &file, &err);
    buf_release(&file);
    assert_int_equal(ok, err.code == ERR_NONE);
    return ok;
}

static bool read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static void is_folder(size_t i, const char *site, const char *application, const char *path)
{
    assert_true(i < found.count);
    assert_string_equal(found.folders[i].site, site);
    assert_string_equal(found.folders[i].application, application);
    assert_string_equal(found.folders[i].path, path);
}

/* As IIS writes it, shortened. */
static void folders_of_sites(void **unused)
{
    (void)unused;
    assert_true(read_text(
        HEAD
        "<configSections><sectionGroup name=\"system.applicationHost\"><section name=\"sites\"\n"
        " allowDefinition=\"AppHostOnly\" /></sectionGroup></configSections>\n"
        "<configProtectedData><providers><add name=\"x\" sessionKey=\"AQIA==\" /></providers>\n"
        "</configProtectedData><system.applicationHost>\n<sites>\n"
        "<site name=\"Default Web Site\" id=\"1\"><application path=\"/\">\n"
        "<virtualDirectory path=\"/\" physicalPath=\"%SystemDrive%\\inetpub\\wwwroot\" />\n"
        "</application><bindings><binding protocol=\"http\" /></bindings></site>\n"
        "<site name='Email Notification Service' id='2'>\n"
        "<application path='/' applicationPool='A &amp; B'><virtualDirectory path='/'\n"
        " physicalPath='D:\\AirWatch\\R&amp;D &#8364;\\Website' password='secret'/></application>\n"
        "<application path=\"/MailNotifications\"><virtualDirectory path=\"/\"\n"
        "physicalPath=\"D:\\Mail\"/><virtualDirectory path=\"/images\" physicalPath=\"E:\\i\"/>\n"
        "</application></site><siteDefaults><logFile directory=\"x\" /></siteDefaults>\n"
        "<applicationDefaults applicationPool=\"P\" /><virtualDirectoryDefaults/></sites>\n"
        "</system.applicationHost><location path=\"x\"><virtualDirectory physicalPath=\"no\"/>\n"
        "</location></configuration>\n"));
    assert_int_equal(found.count, 4);
    is_folder(0, "Default Web Site", "/", "%SystemDrive%\\inetpub\\wwwroot");
    is_folder(1, "Email Notification Service", "/", "D:\\AirWatch\\R&D \xe2\x82\xac\\Website");
    is_folder(2, "Email Notification Service", "/MailNotifications", "D:\\Mail");
    is_folder(3, "Email Notification Service", "/MailNotifications", "E:\\i");
}

static void odd_ones_are_passed_over(void **unused)
{
    char text[9000], value[4200];

    (void)unused;
    assert_true(read_text(SITES("<virtualDirectory physicalPath=\"a\"/>")));
    assert_int_equal(found.count, 1);
    is_folder(0, "", "/", "a");
    assert_true(read_text(SITES("<site><virtualDirectory/><virtualDirectory physicalPath=\"\"/>"
                                "<virtualDirectory physicalPath=\"a&#10;b\"/>"
                                "<virtualDirectory physicalPath=\"a&nbsp;b\"/>"
                                "<virtualDirectory physicalPath=\"a&#xD800;b\"/>"
                                "<virtualDirectory physicalPath=\"a&verylongreference;b\"/>"
                                "<virtualDirectory physicalPath=\"a\tb\"/></site>")));
    assert_int_equal(found.count, 0);
    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    snprintf(text, sizeof text,
             SITES("<virtualDirectory physicalPath=\"%s\"/><virtualDirectory physicalPath=\"b\"/>"),
             value);
    assert_true(read_text(text));
    assert_int_equal(found.count, 1);
    is_folder(0, "", "/", "b");
    assert_true(read_text(HEAD "<virtualDirectory physicalPath=\"a\"/><sites/></configuration>"));
    assert_int_equal(found.count, 0);
    assert_true(read_text(SITES("<site name=\"a\"/><!-- <virtualDirectory physicalPath=\"a\"/> -->"
                                "<![CDATA[<virtualDirectory physicalPath=\"a\"/>]]>text")));
    assert_int_equal(found.count, 0);
}

static void in_utf16(void **unused)
{
    static const char text[] =
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?><sites><site name=\"\x01\x02\">"
        "<virtualDirectory physicalPath=\"C:\\&lt;\"/></site></sites>";
    uint8_t bytes[2 * sizeof text + 2] = {0xff, 0xfe};
    size_t len = 2;

    (void)unused;
    for (const char *p = text; *p != '\0'; p++) {
        /* U+20AC for 1, and U+1F600 for 2, in two units */
        unsigned unit = *p == 1 ? 0x20ac : *p == 2 ? 0xd83d : (unsigned char)*p;

        bytes[len++] = (uint8_t)unit;
        bytes[len++] = (uint8_t)(unit >> 8);
        if (*p == 2) {
            bytes[len++] = 0x00;
            bytes[len++] = 0xde;
        }
    }
    assert_true(read_bytes(bytes, len));
    assert_int_equal(found.count, 1);
    is_folder(0, "\xe2\x82\xac\xf0\x9f\x98\x80", "/", "C:\\<");
}

/* What a byte above 7F is in a code page is not known. */
static void in_a_code_page(void **unused)
{
    (void)unused;
    assert_true(read_text("<?xml version=\"1.0\" encoding=\"windows-1252\"?><sites>"
                          "<virtualDirectory physicalPath=\"C:\\\xe4\"/>"
                          "<virtualDirectory physicalPath=\"C:\\b\"/></sites>"));
    assert_int_equal(found.count, 1);
    is_folder(0, "", "/", "C:\\b");
}

static void what_is_no_xml_is_refused(void **unused)
{
    static const struct {
        const char *text;
        enum err_code code;
    } rows[] = {
        {HEAD "<!DOCTYPE a [<!ENTITY x \"y\">]>", ERR_TARGET_DOCTYPE},
        {HEAD "<sites", ERR_TARGET_FORM},
        {HEAD "<!-- ", ERR_TARGET_FORM},
        {HEAD "<a b=\"", ERR_TARGET_FORM},
        {"\xff\xff", ERR_TARGET_ENCODING},
    };

    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_false(read_text(rows[i].text));
        assert_int_equal(err.code, rows[i].code);
        assert_int_equal(found.count, 0);
    }
}

static void it_has_an_end(void **unused)
{
    static const char one[] = "<virtualDirectory physicalPath=\"a\"/>";
    struct buf text;

    (void)unused;
    hosting_release(&found);
    err = (struct err){0};
    buf_init(&text, 1 << 20);
    assert_true(buf_add_text(&text, "<sites>", &err));
    for (int i = 0; i < HOSTING_MAX + 9; i++) {
        assert_true(buf_add_text(&text, one, &err));
    }
    assert_true(hosting_read(&found, &text, &err));
    assert_int_equal(found.count, HOSTING_MAX);
    buf_release(&text);
}

static int end(void **state)
{
    (void)state;
    hosting_release(&found);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders_of_sites),
        cmocka_unit_test(odd_ones_are_passed_over),
        cmocka_unit_test(in_utf16),
        cmocka_unit_test(in_a_code_page),
        cmocka_unit_test(what_is_no_xml_is_refused),
        cmocka_unit_test(it_has_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, end);
}
