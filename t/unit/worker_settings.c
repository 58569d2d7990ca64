/*
 * Settings: what is read, and what each mistake is told.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "listed.h"
#include "log.h"
#include "settings.h"

#define NEEDED  "[worker]\nroot = /r\nsocket = s\nlink_keys = ../keys\n"


static settings_t   settings;
static aud_error_t  err;


static int
read_text(const char *text)
{
    int    rc;
    FILE  *f;

    settings_free(&settings);

    f = fopen("/tmp/worker_settings.conf", "w");
    fputs(text, f);
    fclose(f);

    memset(&err, 0, sizeof(err));
    rc = settings_read("/tmp/worker_settings.conf", &settings, &err);
    unlink("/tmp/worker_settings.conf");

    return rc;
}


static void
refused(const char *text, const char *expected)
{
    assert_int_equal(read_text(text), -1);
    assert_string_equal(err.text, expected);
}


static void
defaults_stand_for_what_is_left_out(void **state)
{
    assert_int_equal(read_text(NEEDED), 0);
    assert_string_equal(settings.root, "/r");
    assert_string_equal(settings.language, "pt-BR");
    assert_int_equal(settings.job_threads, 2);
    assert_int_equal(settings.quiet_seconds, 60);
    assert_int_equal(settings.log_level, LOG_INFO);
    assert_int_equal(settings.smtp_tls, SETTINGS_TLS_STARTTLS);
    assert_string_equal(settings.smtp_host, "");
    assert_memory_equal(&settings.policy, &component_policy_default,
                        sizeof(component_policy_t));
}


static void
relative_paths_begin_at_the_folder_of_the_file(void **state)
{
    assert_int_equal(read_text(NEEDED), 0);
    assert_string_equal(settings.socket, "/tmp/s");
    assert_string_equal(settings.link_keys, "/tmp/../keys");
    assert_string_equal(settings.smtp_ca, "");
}


static void
values_are_read_as_they_stand(void **state)
{
    assert_int_equal(read_text("; comment\n" NEEDED "# another\n"
                               "log_level = debug\n"
                               "public_url = https://a.example:8443/x\n[mail]\nsmtp_port=25\n"
                               "smtp_tls = implicit\n"
                               "mail_from = A ; B <a@example.com>\n"
                               "[import]\narea_code = 11\n"
                               "[resolution]\nphone = 7\n"
                               "company_document = 8\n"
                               "max_people_email = 9\n"), 0);
    assert_int_equal(settings.policy.weight[COMPONENT_PHONE], 7);
    assert_int_equal(settings.policy.company_weight, 8);
    assert_int_equal(settings.policy.max_people[COMPONENT_EMAIL], 9);
    assert_int_equal(settings.log_level, LOG_DEBUG);
    assert_int_equal(settings.smtp_port, 25);
    assert_int_equal(settings.smtp_tls, SETTINGS_TLS_IMPLICIT);
    assert_string_equal(settings.mail_from, "A ; B <a@example.com>");
    assert_string_equal(settings.area_code, "11");
}


static void
tenants_have_languages(void **state)
{
    assert_int_equal(read_text(NEEDED "language = es\n[languages]\n"
                               "acme = en\nloja-1 = pt-BR\n"), 0);
    assert_string_equal(settings_language(&settings, "acme"), "en");
    assert_string_equal(settings_language(&settings, "loja-1"), "pt-BR");
    assert_string_equal(settings_language(&settings, "loja"), "es");
    assert_int_equal(read_text(NEEDED), 0);
    assert_string_equal(settings_language(&settings, "acme"), "pt-BR");
}


#define AT  "/tmp/worker_settings.conf"

static void
mistakes_are_named_with_their_line(void **state)
{
    char  longer[1400];

    refused(NEEDED "rot = /r\n", AT ":5: there is no \"rot\" in [worker]");
    refused(NEEDED "\n\n[mial]\nsmtp_port = 25\n",
            AT ":8: there is no \"smtp_port\" in [mial]");
    refused(NEEDED "root = /q\n", AT ":5: \"root\" stands already in line 2");
    refused(NEEDED "nonsense\n",
            AT ":5: not a [section] and no key = value");
    refused(NEEDED "job_threads = 0\n",
            AT ":5: \"job_threads\" is not a number from 1 to 64: \"0\"");
    refused(NEEDED "job_threads = 2x\n",
            AT ":5: \"job_threads\" is not a number from 1 to 64: \"2x\"");
    refused(NEEDED "job_threads = -1\n",
            AT ":5: \"job_threads\" is not a number from 1 to 64: \"-1\"");
    refused(NEEDED "job_threads = 99999999999999999999\n",
            AT ":5: \"job_threads\" is not a number from 1 to 64: "
            "\"99999999999999999999\"");
    refused(NEEDED "log_level = loud\n",
            AT ":5: \"log_level\" cannot be \"loud\"");
    refused(NEEDED "language = fr\n", AT ":5: \"language\" cannot be \"fr\"");
    refused(NEEDED "[languages]\nacme = fr\n",
            AT ":6: \"acme\" speaks pt-BR, en or es");
    refused(NEEDED "[languages]\nacme = en-US\n",
            AT ":6: \"acme\" speaks pt-BR, en or es");
    refused(NEEDED "[languages]\nAcme = en\n", AT ":6: \"Acme\" is no tenant");
    refused(NEEDED "[languages]\na = en\na = es\n",
            AT ":7: \"a\" has a language already");
    refused(NEEDED "[import]\narea_code = 1234\n",
            AT ":6: \"area_code\" is longer than 3 bytes");
    refused(NEEDED "[import]\narea_code = 1\n",
            AT ": \"area_code\" has one digit");
    refused(NEEDED "[import]\narea_code = 10\n",
            AT ": \"area_code\" is not two digits of 1 to 9: \"10\"");
    refused(NEEDED "[resolution]\ncountry = XX\n",
            AT ": \"country\" is not a country such as BR or PT: \"XX\"");
    refused(NEEDED "[resolution]\ncountry = pt\n",
            AT ": \"country\" is not a country such as BR or PT: \"pt\"");
    refused("[worker]\nroot = /r\nsocket = s\n",
            AT ": \"link_keys\" of [worker] is missing");
    refused("[worker]\nroot =\n", AT ":2: \"root\" is empty");

    refused(NEEDED "public_url = audiences.example.com\n",
            AT ": \"public_url\" is not an address such as "
            "https://audiences.example.com: \"audiences.example.com\"");
    refused(NEEDED "public_url = https:///x\n",
            AT ": \"public_url\" is not an address such as "
            "https://audiences.example.com: \"https:///x\"");
    refused(NEEDED "public_url = https://a b\n",
            AT ": \"public_url\" is not an address such as "
            "https://audiences.example.com: \"https://a b\"");

    snprintf(longer, sizeof(longer), "%spublic_url = %01300d\n", NEEDED, 0);
    assert_int_equal(read_text(longer), -1);
    assert_non_null(strstr(err.text, AT ":5: "));
}


static void
a_file_that_is_not_there_is_named(void **state)
{
    assert_int_equal(settings_read("/tmp/no/such.conf", &settings, &err), -1);
    assert_string_equal(err.text,
                        "/tmp/no/such.conf: No such file or directory");
}


static void
the_sample_explains_every_key_with_its_default(void **state)
{
    settings_t  sample;

    assert_int_equal(settings_read("conf/worker.conf", &sample, &err), 0);
    assert_int_equal(read_text(NEEDED), 0);

    strcpy(settings.root, sample.root);
    strcpy(settings.socket, sample.socket);
    strcpy(settings.link_keys, sample.link_keys);
    assert_memory_equal(&settings, &sample, sizeof(settings));
}


static void
the_sample_list_is_values_that_can_be_met(void **state)
{
    size_t    i, found = 0;
    listed_t  listed;

    assert_int_equal(read_text(NEEDED), 0);
    strcpy(settings.listed, "conf/listed.txt");
    assert_int_equal(listed_read(&listed, &settings, &err), 0);

    for (i = 0; i < listed.n; i++) {
        found += aud_str_equal(listed.items[i].value, AUD_STR("nao@tem.com"))
                 && listed.items[i].kind == COMPONENT_EMAIL;
        found += aud_str_equal(listed.items[i].value, AUD_STR("12345678909"))
                 && listed.items[i].kind == COMPONENT_TAX_DOCUMENT;
        found += aud_str_equal(listed.items[i].value,
                               AUD_STR("+5511999999999"))
                 && listed.items[i].kind == COMPONENT_PHONE;
    }

    assert_int_equal(found, 3);
    listed_free(&listed);
}


static void
a_value_that_can_never_be_met_is_named(void **state)
{
    size_t       i;
    FILE        *f;
    listed_t     listed;
    static const char  *wrong[] = {
        "tax_document 123.456.789-00", "phone 12", "email here",
        "mail nao@tem.com", "phone", "phone+5511999999999"
    };

    assert_int_equal(read_text(NEEDED), 0);
    strcpy(settings.listed, "/tmp/worker_settings.txt");

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        f = fopen(settings.listed, "w");
        fprintf(f, "# a comment\n\n%s\n", wrong[i]);
        fclose(f);

        assert_int_equal(listed_read(&listed, &settings, &err), -1);
        assert_string_equal(err.text, "/tmp/worker_settings.txt:3: not "
                            "\"phone\", \"email\" or \"tax_document\" and "
                            "such a value");
        listed_free(&listed);
    }

    unlink(settings.listed);
    assert_int_equal(listed_read(&listed, &settings, &err), -1);
    assert_string_equal(err.text,
                        "/tmp/worker_settings.txt: No such file or directory");
    listed_free(&listed);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(defaults_stand_for_what_is_left_out),
        cmocka_unit_test(relative_paths_begin_at_the_folder_of_the_file),
        cmocka_unit_test(values_are_read_as_they_stand),
        cmocka_unit_test(tenants_have_languages),
        cmocka_unit_test(mistakes_are_named_with_their_line),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
        cmocka_unit_test(the_sample_explains_every_key_with_its_default),
        cmocka_unit_test(the_sample_list_is_values_that_can_be_met),
        cmocka_unit_test(a_value_that_can_never_be_met_is_named)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
