#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <openssl/evp.h>

#include "aud_clock.h"
#include "aud_text.h"
#include "mime.h"

#define MAX  (64 * 1024)


static const mime_message_t  good = {
    .from_name = { "Audiences", 9 },
    .from_address = { "audiences@example.com", 21 },
    .to_name = { "Ana", 3 },
    .to_address = { "ana@example.com", 15 },
    .subject = { "Hello", 5 },
    .message_id = { "job_00000000000000000000000000@example.com", 42 },
    .language = { "en", 2 },
    .date = 1795289520 * AUD_SECOND,
    .text = { "Hello\n", 6 },
    .html = { "<p>Hello</p>\n", 13 }
};


/* --- a reader of messages, written for the test -------------------------- */

static aud_str_t
decoded_words(const char *text, char out[MAX])
{
    size_t       len = 0;
    const char  *p = text, *end;

    while (*p) {
        if (strncmp(p, "=?UTF-8?B?", 10) == 0) {
            p += 10;
            end = strstr(p, "?=");
            assert_non_null(end);
            assert_true(end - p <= 75 - 12);

            len += EVP_DecodeBlock((unsigned char *) out + len,
                                   (const unsigned char *) p,
                                   (int) (end - p));
            len -= (end[-1] == '=') + (end[-2] == '=');
            assert_int_equal(aud_utf8_valid(aud_str(out, len)), len);

            p = end + 2;
            p += strncmp(p, " =?UTF-8?B?", 11) == 0;    /* RFC 2047, 6.2 */
            continue;
        }

        out[len++] = *p++;
    }

    out[len] = '\0';

    return aud_str(out, len);
}


/* A header's value, unfolded; fails where it stands twice. */
static void
header_of(const char *message, const char *name, char out[MAX])
{
    char         mark[64];
    size_t       n = 0;
    const char  *p, *body = strstr(message, "\r\n\r\n");

    snprintf(mark, sizeof(mark), "\r\n%s:", name);
    p = strncmp(message, mark + 2, strlen(mark) - 2) == 0
        ? message - 2 : strstr(message, mark);

    assert_non_null(p);
    assert_true(p < body);
    assert_true(strstr(p + 2, mark) == NULL || strstr(p + 2, mark) > body);

    for (p += strlen(mark); strncmp(p, "\r\n", 2) != 0 || p[2] == ' '; p++) {
        if (*p != '\r' && *p != '\n') {
            out[n++] = *p;
        }
    }

    out[n] = '\0';
    memmove(out, out + (out[0] == ' '), n);
}


static void
body_of(const char *message, const char *type, char out[MAX])
{
    int          n;
    char         mark[128];
    size_t       len = 0;
    const char  *p;

    snprintf(mark, sizeof(mark), "\r\nContent-Type: %s; charset=utf-8\r\n"
             "Content-Transfer-Encoding: base64\r\n\r\n", type);
    p = strstr(message, mark);
    assert_non_null(p);

    for (p += strlen(mark); *p != '-'; p = strstr(p, "\r\n") + 2) {
        n = (int) (strstr(p, "\r\n") - p);
        assert_true(n > 0 && n <= 76);
        len += EVP_DecodeBlock((unsigned char *) out + len,
                               (const unsigned char *) p, n);
        len -= (p[n - 1] == '=') + (p[n - 2] == '=');
    }

    out[len] = '\0';
}


static char *
written(const mime_message_t *m)
{
    aud_error_t   err;
    aud_buffer_t  b = { 0 };

    if (mime_write(m, &b, &err) != 0) {
        fail_msg("%s", err.text);
    }

    aud_buffer_char(&b, '\0');
    assert_int_equal(strlen(b.data), b.len - 1);

    return b.data;
}


/* --- tests --------------------------------------------------------------- */

static void
test_a_message(void **state)
{
    char   out[MAX];
    char  *message = written(&good);

    header_of(message, "Date", out);
    assert_string_equal(out, "Sat, 21 Nov 2026 19:32:00 +0000");
    header_of(message, "From", out);
    assert_string_equal(out, "\"Audiences\" <audiences@example.com>");
    header_of(message, "To", out);
    assert_string_equal(out, "\"Ana\" <ana@example.com>");
    header_of(message, "Subject", out);
    assert_string_equal(out, "Hello");
    header_of(message, "Message-ID", out);
    assert_string_equal(out, "<job_00000000000000000000000000@example.com>");
    header_of(message, "Auto-Submitted", out);
    assert_string_equal(out, "auto-generated");
    header_of(message, "Content-Language", out);
    assert_string_equal(out, "en");

    body_of(message, "text/plain", out);
    assert_string_equal(out, "Hello\r\n");
    body_of(message, "text/html", out);
    assert_string_equal(out, "<p>Hello</p>\r\n");

    free(message);
}


static void
test_names_may_be_empty_or_odd(void **state)
{
    char             out[MAX], name[MAX];
    char            *message;
    mime_message_t   m = good;

    m.to_name = AUD_STR("");
    m.from_name = AUD_STR("A, B (c) <d>");
    message = written(&m);

    header_of(message, "To", out);
    assert_string_equal(out, "<ana@example.com>");
    header_of(message, "From", out);
    assert_string_equal(out, "\"A, B (c) <d>\" <audiences@example.com>");
    free(message);

    m.to_name = AUD_STR("\"A\\B\" x");
    message = written(&m);
    header_of(message, "To", out);
    decoded_words(out, name);
    assert_string_equal(name, "\"A\\B\" x <ana@example.com>");
    free(message);

    /* an address in the name is no second recipient */
    m.to_name = AUD_STR("x> , <eve@example.com");
    message = written(&m);
    header_of(message, "To", out);
    assert_string_equal(out, "\"x> , <eve@example.com\" <ana@example.com>");
    free(message);
}


static void
random_text(char *out, size_t bytes)
{
    static const char *const  pieces[] = {
        "a", "Z", " ", "=?", "?=", "\"", ":", "é", "ç", "ã", "“", "€", "漢",
        "😀", "_", ".", "7", "=?UTF-8?B?"
    };

    size_t       len = 0;
    const char  *piece;

    for ( ;; ) {
        piece = pieces[(size_t) random() % (sizeof(pieces) / sizeof(*pieces))];

        if (len + strlen(piece) > bytes) {
            break;
        }

        strcpy(out + len, piece);
        len += strlen(piece);
    }

    out[len] = '\0';
}


/* Whatever the texts, readers get back what was written, and every line is
 * one that SMTP carries as it is. */
static void
test_random_messages_read_back(void **state)
{
    char             subject[400], text[3000], out[MAX], words[MAX];
    char            *message;
    mime_message_t   m = good;

    srandom(9);

    for (int i = 0; i < 3000; i++) {
        random_text(subject, 1 + (size_t) random() % (sizeof(subject) - 1));
        random_text(text, 1 + (size_t) random() % (sizeof(text) - 1));

        m.subject = aud_str(subject, strlen(subject));
        m.to_name = m.subject;
        m.text = aud_str(text, strlen(text));
        message = written(&m);

        header_of(message, "Subject", words);
        decoded_words(words, out);
        assert_string_equal(out, subject);

        body_of(message, "text/plain", out);
        assert_string_equal(out, text);

        for (char *line = message, *end; *line; line = end + 2) {
            end = strstr(line, "\r\n");
            assert_non_null(end);
            assert_true(end - line <= 76);
            assert_true(line[0] != '.');
            assert_null(memchr(line, '\r', end - line));
            assert_null(memchr(line, '\n', end - line));

            for (char *p = line; p < end; p++) {
                assert_true(*p >= 0x20 && *p < 0x7f);
            }
        }

        free(message);
    }

}


static void
test_a_lone_dot_does_not_end_the_message(void **state)
{
    char             out[MAX];
    char            *message;
    mime_message_t   m = good;

    m.text = AUD_STR("\n.\nQUIT\n");
    message = written(&m);

    assert_null(strstr(message, "\r\n.\r\n"));
    body_of(message, "text/plain", out);
    assert_string_equal(out, "\r\n.\r\nQUIT\r\n");

    free(message);
}


static void
is_refused(const mime_message_t *m)
{
    aud_error_t   err;
    aud_buffer_t  b = { 0 };

    if (mime_write(m, &b, &err) != -1) {
        fail_msg("was written: %.*s", (int) b.len, b.data);
    }

    assert_int_equal(b.len, 0);
    aud_buffer_free(&b);
}


static void
test_injections_are_refused(void **state)
{
    static const char *const  texts[] = {
        "x\r\nBcc: eve@example.com", "x\nBcc: eve@example.com", "x\r", "a\tb",
        "\x7f", "a\xc2\x85" "b", "\xff", "\x1b[2J", NULL
    };

    static const char *const  addresses[] = {
        "", "ana", "@example.com", "ana@", "ana@example.com\r\nRCPT TO:<e@f>",
        "ana@example.com> SIZE=1", "<ana@example.com>", "ana@example.com,e@f",
        "ana eve@example.com", "\"a b\"@example.com", "ana@exam ple.com",
        "ana@example..com", "ana@.example.com", "ana@example.com.",
        "ana@-example.com", "ana@example-.com", ".ana@example.com",
        "ana.@example.com", "a..na@example.com", "ana@[127.0.0.1]",
        "ana@exa_mple.com", "aná@example.com", "ana@exámple.com",
        "ana@eve@example.com", NULL
    };

    mime_message_t  m;

    for (int i = 0; texts[i]; i++) {
        m = good;
        m.subject = aud_str(texts[i], strlen(texts[i]));
        is_refused(&m);

        m = good;
        m.to_name = aud_str(texts[i], strlen(texts[i]));
        is_refused(&m);

        m = good;
        m.from_name = aud_str(texts[i], strlen(texts[i]));
        is_refused(&m);
    }

    for (int i = 0; addresses[i]; i++) {
        m = good;
        m.to_address = aud_str(addresses[i], strlen(addresses[i]));
        is_refused(&m);

        m = good;
        m.from_address = aud_str(addresses[i], strlen(addresses[i]));
        is_refused(&m);

        m = good;
        m.message_id = aud_str(addresses[i], strlen(addresses[i]));
        is_refused(&m);
    }

    m = good;
    m.subject = aud_str("a\0b", 3);
    is_refused(&m);

    m = good;
    m.to_address = aud_str("ana@example.com\0x", 17);
    is_refused(&m);
}


static void
test_addresses(void **state)
{
    char  address[400];

    assert_true(mime_address_valid(AUD_STR("ana@example.com")));
    assert_true(mime_address_valid(AUD_STR("a.b+c_d'e@sub-1.example.com.br")));
    assert_true(mime_address_valid(AUD_STR("root@localhost")));

    memset(address, 'a', sizeof(address));
    memcpy(address + 64, "@example.com", 12);
    assert_true(mime_address_valid(aud_str(address, 76)));

    memset(address, 'a', sizeof(address));
    memcpy(address + 65, "@example.com", 12);
    assert_false(mime_address_valid(aud_str(address, 77)));

    memset(address, 'a', sizeof(address));
    memcpy(address, "x@", 2);
    assert_true(mime_address_valid(aud_str(address, 2 + 63)));
    assert_false(mime_address_valid(aud_str(address, 2 + 64)));

    for (int i = 2 + 50; i < 300; i += 50) {
        address[i] = '.';
    }

    assert_true(mime_address_valid(aud_str(address, MIME_ADDRESS_MAX)));
    assert_false(mime_address_valid(aud_str(address, MIME_ADDRESS_MAX + 1)));
}


static void
mailbox_is(const char *text, const char *name, const char *address)
{
    aud_str_t  n, a;

    assert_int_equal(mime_mailbox(aud_str(text, strlen(text)), &n, &a), 0);
    assert_true(aud_str_equal(n, aud_str(name, strlen(name))));
    assert_true(aud_str_equal(a, aud_str(address, strlen(address))));
}


static void
test_mailboxes(void **state)
{
    aud_str_t  n, a;

    mailbox_is("a@example.com", "", "a@example.com");
    mailbox_is("<a@example.com>", "", "a@example.com");
    mailbox_is(" Audiências <a@example.com> ", "Audiências", "a@example.com");
    mailbox_is("\"The team\" <a@example.com>", "The team", "a@example.com");

    assert_int_equal(mime_mailbox(AUD_STR(""), &n, &a), -1);
    assert_int_equal(mime_mailbox(AUD_STR("<"), &n, &a), -1);
    assert_int_equal(mime_mailbox(AUD_STR("Audiences"), &n, &a), -1);
    assert_int_equal(mime_mailbox(AUD_STR("x <a@example.com"), &n, &a), -1);
    assert_int_equal(mime_mailbox(AUD_STR("x <a> <a@example.com>"), &n, &a),
                     -1);
    assert_int_equal(mime_mailbox(AUD_STR("a\nb <a@example.com>"), &n, &a),
                     -1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_a_message),
        cmocka_unit_test(test_names_may_be_empty_or_odd),
        cmocka_unit_test(test_random_messages_read_back),
        cmocka_unit_test(test_a_lone_dot_does_not_end_the_message),
        cmocka_unit_test(test_injections_are_refused),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_mailboxes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
