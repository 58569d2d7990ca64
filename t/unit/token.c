#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "aud_token.h"
#include "random.h"

#define NOW   INT64_C(1764000000)
#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HEX33 "ff" HEX32


static aud_link_keys_t
sample_keys(void)
{
    size_t           i;
    aud_link_keys_t  keys = { 2, { { "k2", { 0 }, 64 }, { "k1", { 0 }, 32 } } };

    for (i = 0; i < 64; i++) {
        keys.keys[0].key[i] = (uint8_t) (i * 7);
        keys.keys[1].key[i] = (uint8_t) (i * 11);
    }

    return keys;
}


static aud_token_t
sample_token(void)
{
    size_t       i;
    aud_token_t  token = { "demo", { { 0 } }, NOW + 48 * 3600 };

    for (i = 0; i < 16; i++) {
        token.export_id.bytes[i] = (uint8_t) (200 + i);
    }

    return token;
}


static void
a_signed_token_verifies_and_gives_what_was_signed(void **state)
{
    char             text[AUD_TOKEN_MAX + 1];
    size_t           len;
    aud_token_t      in, out;
    aud_link_keys_t  keys;

    keys = sample_keys();
    in = sample_token();
    len = aud_token_sign(&keys, &in, text);

    assert_int_equal(len, strlen(text));
    assert_int_equal(aud_token_verify(&keys, aud_str(text, len), NOW, &out),
                     AUD_TOKEN_OK);
    assert_string_equal(out.tenant, "demo");
    assert_memory_equal(&out.export_id, &in.export_id, 16);
    assert_int_equal(out.expires, in.expires);
}


/* HMAC of the drawing's bytes as another implementation (Python's hmac) made
 * it, so that links survive a change of this code. */

static void
a_token_has_the_bytes_of_the_drawing(void **state)
{
    char             text[AUD_TOKEN_MAX + 1];
    aud_token_t      token;
    aud_link_keys_t  keys;

    keys = sample_keys();
    token = sample_token();
    aud_token_sign(&keys, &token, text);

    assert_string_equal(text,
        "AQJrMgAAAABpJyQABGRlbW_IycrLzM3Oz9DR0tPU1dbX8vIcmHORqxLV"
        "MweA4y2DZ0F2oIwG-repoNhqP3FYnl8");
}


static void
a_token_expires(void **state)
{
    char             text[AUD_TOKEN_MAX + 1];
    aud_str_t        s;
    aud_token_t      in, out;
    aud_link_keys_t  keys;

    keys = sample_keys();
    in = sample_token();
    s = aud_str(text, aud_token_sign(&keys, &in, text));

    assert_int_equal(aud_token_verify(&keys, s, in.expires - 1, &out),
                     AUD_TOKEN_OK);
    assert_int_equal(aud_token_verify(&keys, s, in.expires, &out),
                     AUD_TOKEN_EXPIRED);
    assert_string_equal(out.tenant, "demo");
}


static void
a_token_outlives_a_rotation_of_keys(void **state)
{
    char             text[AUD_TOKEN_MAX + 1];
    aud_str_t        s;
    aud_token_t      in, out;
    aud_link_key_t   first;
    aud_link_keys_t  keys;

    keys = sample_keys();
    in = sample_token();
    s = aud_str(text, aud_token_sign(&keys, &in, text));

    first = keys.keys[0];
    keys.keys[0] = keys.keys[1];
    keys.keys[1] = first;
    assert_int_equal(aud_token_verify(&keys, s, NOW, &out), AUD_TOKEN_OK);

    keys.n = 1;
    assert_int_equal(aud_token_verify(&keys, s, NOW, &out), AUD_TOKEN_FORGED);
}


static void
a_token_with_any_bit_altered_is_forged(void **state)
{
    char             text[AUD_TOKEN_MAX + 1];
    size_t           i, len;
    aud_token_t      in, out;
    aud_link_keys_t  keys;

    keys = sample_keys();
    in = sample_token();
    len = aud_token_sign(&keys, &in, text);

    for (i = 0; i < len * 8; i++) {
        text[i / 8] ^= 1 << i % 8;
        assert_int_equal(aud_token_verify(&keys, aud_str(text, len), NOW, &out),
                         AUD_TOKEN_FORGED);
        text[i / 8] ^= 1 << i % 8;
    }
}


/* Also the last character, whose lowest bits carry nothing. */

static void
a_token_with_any_character_altered_is_forged(void **state)
{
    int              c;
    char             text[AUD_TOKEN_MAX + 1], kept;
    size_t           i, len, tenant;
    aud_token_t      in, out;
    aud_link_keys_t  keys;

    keys = sample_keys();
    in = sample_token();

    for (tenant = 1; tenant <= 3; tenant++) {       /* 0, 2, 4 bits left over */
        in.tenant[tenant] = '\0';
        len = aud_token_sign(&keys, &in, text);

        for (i = 0; i < len; i++) {
            kept = text[i];

            for (c = 0; c < 256; c++) {
                text[i] = (char) c;
                assert_int_equal(aud_token_verify(&keys, aud_str(text, len),
                                                  NOW, &out),
                                 text[i] == kept ? AUD_TOKEN_OK
                                                 : AUD_TOKEN_FORGED);
            }

            text[i] = kept;
        }

        in = sample_token();
    }
}


static void
a_token_cut_or_lengthened_is_forged(void **state)
{
    char             text[AUD_TOKEN_MAX + 8], *piece;
    size_t           n, len;
    aud_token_t      in, out;
    aud_link_keys_t  keys;

    keys = sample_keys();
    in = sample_token();
    len = aud_token_sign(&keys, &in, text);

    for (n = 0; n < len; n++) {
        piece = malloc(n + 1);
        memcpy(piece, text, n);
        assert_int_equal(aud_token_verify(&keys, aud_str(piece, n), NOW, &out),
                         AUD_TOKEN_FORGED);
        free(piece);
    }

    for (n = 1; n <= 5; n++) {
        memcpy(text + len, n % 2 ? "AAAAA" : "=====", n);
        assert_int_equal(aud_token_verify(&keys, aud_str(text, len + n), NOW,
                                          &out), AUD_TOKEN_FORGED);
    }
}


/* A lone character of base64 carries no byte: with it a token would have two
 * forms. */

static void
a_token_with_a_character_that_says_nothing_is_forged(void **state)
{
    char             text[AUD_TOKEN_MAX + 2];
    size_t           len;
    aud_token_t      in, out;
    aud_link_keys_t  keys;

    keys = sample_keys();
    in = sample_token();
    strcpy(in.tenant, "demos");

    len = aud_token_sign(&keys, &in, text);
    assert_int_equal(len % 4, 0);
    text[len] = 'A';

    assert_int_equal(aud_token_verify(&keys, aud_str(text, len), NOW, &out),
                     AUD_TOKEN_OK);
    assert_int_equal(aud_token_verify(&keys, aud_str(text, len + 1), NOW, &out),
                     AUD_TOKEN_FORGED);
}


static void
a_token_of_a_tenant_that_cannot_be_is_forged(void **state)
{
    char             text[AUD_TOKEN_MAX + 1];
    aud_str_t        s;
    aud_token_t      in, out;
    aud_link_keys_t  keys;

    keys = sample_keys();
    in = sample_token();
    strcpy(in.tenant, "../x");
    s = aud_str(text, aud_token_sign(&keys, &in, text));

    assert_int_equal(aud_token_verify(&keys, s, NOW, &out), AUD_TOKEN_FORGED);
}


static void
a_forged_token_says_nothing_of_its_expiry(void **state)
{
    char             text[AUD_TOKEN_MAX + 1];
    size_t           len;
    aud_token_t      in, out;
    aud_link_keys_t  keys;

    keys = sample_keys();
    in = sample_token();
    in.expires = NOW - 1;
    len = aud_token_sign(&keys, &in, text);
    keys.keys[0].key[5] ^= 1;

    assert_int_equal(aud_token_verify(&keys, aud_str(text, len), NOW, &out),
                     AUD_TOKEN_FORGED);
}


static void
the_longest_names_fit(void **state)
{
    char             text[AUD_TOKEN_MAX + 1];
    size_t           len;
    aud_token_t      in, out;
    aud_link_keys_t  keys;

    keys = sample_keys();
    strcpy(keys.keys[0].id, "0123456789abcdef");
    in = sample_token();
    memset(in.tenant, 'x', 64);

    len = aud_token_sign(&keys, &in, text);
    assert_in_range(len, 100, AUD_TOKEN_MAX);
    assert_int_equal(aud_token_verify(&keys, aud_str(text, len), NOW, &out),
                     AUD_TOKEN_OK);
    assert_string_equal(out.tenant, in.tenant);
}


static void
without_keys_nothing_is_signed_or_verified(void **state)
{
    char             text[AUD_TOKEN_MAX + 1];
    aud_str_t        s;
    aud_token_t      in, out;
    aud_link_keys_t  keys;

    keys = sample_keys();
    in = sample_token();
    s = aud_str(text, aud_token_sign(&keys, &in, text));

    keys.n = 0;
    assert_int_equal(aud_token_verify(&keys, s, NOW, &out), AUD_TOKEN_FORGED);
    assert_int_equal(aud_token_sign(&keys, &in, text), 0);
}


/* Reads a key file of that content and mode. */

static int
read_keys(const char *content, mode_t mode, aud_link_keys_t *keys,
    aud_error_t *err)
{
    int    fd, rc;
    char   path[] = "/tmp/aud_token_XXXXXX";
    FILE  *file;

    fd = mkstemp(path);
    assert_true(fd >= 0);
    file = fdopen(fd, "w");
    fputs(content, file);
    fchmod(fd, mode);
    fclose(file);

    rc = aud_link_keys_read(path, keys, err);
    unlink(path);

    return rc;
}


static void
a_key_file_is_read_in_order(void **state)
{
    aud_error_t      err;
    aud_link_keys_t  keys;

    assert_int_equal(read_keys("# links\n\nk2 " HEX33 "  # newest\r\n"
                               "\tk1\t" HEX32, 0640, &keys, &err), 0);
    assert_int_equal(keys.n, 2);
    assert_string_equal(keys.keys[0].id, "k2");
    assert_int_equal(keys.keys[0].len, 33);
    assert_int_equal(keys.keys[0].key[0], 0xFF);
    assert_string_equal(keys.keys[1].id, "k1");
    assert_int_equal(keys.keys[1].len, 32);
    assert_int_equal(keys.keys[1].key[31], 0x1F);
}


static void
assert_key_file_refused(const char *content, mode_t mode, const char *because)
{
    aud_error_t      err;
    aud_link_keys_t  keys;

    assert_int_equal(read_keys(content, mode, &keys, &err), -1);

    if (strstr(err.text, because) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", err.text, because);
    }

    assert_null(strstr(err.text, "1a1b"));          /* never a key in a log */
    assert_int_equal(keys.n, 0);
}


static void
a_key_file_that_others_can_read_is_refused(void **state)
{
    assert_key_file_refused("k1 " HEX32 "\n", 0644, "every user");
    assert_key_file_refused("k1 " HEX32 "\n", 0602, "every user");
}


static void
a_wrong_key_file_is_refused_with_its_line(void **state)
{
    assert_key_file_refused("", 0600, "no link key");
    assert_key_file_refused("# k1 " HEX32 "\n", 0600, "no link key");
    assert_key_file_refused("k1 " HEX32 "\nk2\n", 0600, "line 2: expected");
    assert_key_file_refused("k1 " HEX32 " x\n", 0600, "line 1: expected");
    assert_key_file_refused("k1 1a1b1c\n", 0600, "line 1: a key is");
    assert_key_file_refused("k1 " HEX32 "0\n", 0600, "line 1: a key is");
    assert_key_file_refused("k1 g" HEX32 "0\n", 0600, "line 1: a key is");
    assert_key_file_refused("k1 " HEX32 HEX33 "\n", 0600, "line 1: a key is");
    assert_key_file_refused("k-1 " HEX32 "\n", 0600, "line 1: an id is");
    assert_key_file_refused("0123456789abcdefg " HEX32 "\n", 0600,
                            "line 1: an id is");
    assert_key_file_refused("k1 " HEX32 "\nk1 " HEX33 "\n", 0600,
                            "line 2: this id");
}


static void
a_missing_key_file_says_so(void **state)
{
    aud_error_t      err;
    aud_link_keys_t  keys;

    assert_int_equal(aud_link_keys_read("/nowhere/keys", &keys, &err), -1);
    assert_non_null(strstr(err.text, "/nowhere/keys"));
    assert_int_equal(aud_link_keys_read("/tmp", &keys, &err), -1);
}


static void
too_many_keys_are_refused(void **state)
{
    int   i;
    char  content[1024] = "", line[100];

    for (i = 0; i < 9; i++) {
        snprintf(line, sizeof(line), "k%d " HEX32 "\n", i);
        strcat(content, line);
    }

    assert_key_file_refused(content, 0600, "line 9: too many");
}


static void
random_texts_are_forged(void **state)
{
    int              i;
    char            *text;
    size_t           len;
    aud_token_t      out;
    aud_link_keys_t  keys;

    keys = sample_keys();

    for (i = 0; i < 100000; i++) {
        len = random_below(AUD_TOKEN_MAX + 20);
        text = malloc(len + 1);
        random_text(text, len, "AQJrMgAAA0123456789-_abcd", 25);

        if (len > 6 && i % 2) {
            memcpy(text, "AQJrMg", 6);              /* version 1, key k2 */
        }

        assert_int_equal(aud_token_verify(&keys, aud_str(text, len), NOW, &out),
                         AUD_TOKEN_FORGED);
        free(text);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_signed_token_verifies_and_gives_what_was_signed),
        cmocka_unit_test(a_token_has_the_bytes_of_the_drawing),
        cmocka_unit_test(a_token_expires),
        cmocka_unit_test(a_token_outlives_a_rotation_of_keys),
        cmocka_unit_test(a_token_with_any_bit_altered_is_forged),
        cmocka_unit_test(a_token_with_any_character_altered_is_forged),
        cmocka_unit_test(a_token_cut_or_lengthened_is_forged),
        cmocka_unit_test(a_token_with_a_character_that_says_nothing_is_forged),
        cmocka_unit_test(a_token_of_a_tenant_that_cannot_be_is_forged),
        cmocka_unit_test(a_forged_token_says_nothing_of_its_expiry),
        cmocka_unit_test(the_longest_names_fit),
        cmocka_unit_test(without_keys_nothing_is_signed_or_verified),
        cmocka_unit_test(a_key_file_is_read_in_order),
        cmocka_unit_test(a_key_file_that_others_can_read_is_refused),
        cmocka_unit_test(a_wrong_key_file_is_refused_with_its_line),
        cmocka_unit_test(a_missing_key_file_says_so),
        cmocka_unit_test(too_many_keys_are_refused),
        cmocka_unit_test(random_texts_are_forged)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
