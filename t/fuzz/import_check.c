/*
 * The rules of an import file: cut anywhere they say the same; what is spooled
 * is UTF-8 without NUL, and passes the rules again.
 */

#include "aud_import_check.h"
#include "aud_text.h"
#include "pieces.h"

static const aud_import_limits_t  narrow = { 2000, 20, 12, 200, 0 };
static const aud_import_limits_t  wide = { 8000, 20, 12, 800, 0 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
static int names_separator(const char *text, size_t len);


/* Returns whether the file is accepted. */

static int
check_all(aud_import_limits_t most, uint8_t kind, aud_str_t encoding,
    const char *data, size_t len, uint64_t seed, aud_buffer_t *out,
    aud_buffer_t *said)
{
    int                  rc;
    size_t               n;
    uint32_t             i;
    aud_problem_t        problem;
    aud_import_check_t  *c;

    most.kind = kind;
    c = aud_import_check_create(&most, encoding, &problem);
    rc = 0;

    while (len && rc == 0) {
        n = seed ? pieces_next(&seed, len) : len;
        rc = aud_import_check_feed(c, data, n, out, &problem);
        data += n;
        len -= n;
    }

    if (rc == 0) {
        rc = aud_import_check_finish(c, out, &problem);
    }

    if (rc != 0) {
        aud_problem_render(&problem, said);

    } else {
        aud_buffer_u64(said, aud_import_check_rows(c));
        aud_buffer_u8(said, aud_import_check_separator(c));

        for (i = 0; i < aud_import_check_columns(c); i++) {
            REQUIRE(aud_import_check_column(c, i).len > 0);
            aud_buffer_str32(said, aud_import_check_column(c, i));
        }
    }

    aud_import_check_free(c);

    return rc == 0;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    int            accepted;
    uint8_t        kind;
    aud_str_t      encoding;
    const char    *text;
    aud_buffer_t   a = { 0 }, b = { 0 }, c = { 0 }, name = { 0 };
    aud_buffer_t   said_a = { 0 }, said_b = { 0 }, said_c = { 0 };
    aud_problem_t  problem;

    if (len == 0) {
        return 0;
    }

    kind = data[0] >> 1 & 3;
    encoding = data[0] & 1 ? AUD_STR("latin1") : AUD_STR("");
    text = (const char *) data + 1;
    len--;

    accepted = check_all(narrow, kind, encoding, text, len, 0, &a, &said_a);
    check_all(narrow, kind, encoding, text, len, pieces_seed(data, len), &b,
              &said_b);

    REQUIRE(same_bytes(&said_a, &said_b));
    REQUIRE(aud_utf8_valid(aud_buffer_str(&a)) == a.len);
    REQUIRE(a.len == 0 || memchr(a.data, 0, a.len) == NULL);

    /* A byte order mark behind another one is a character of the first name,
     * and would be stripped at the second reading; a separator that a line
     * named is a guess at the second; and a guess sees more of a first row
     * that a quote draws out where rows may be longer. */

    if (accepted && memcmp(a.data, "\xEF\xBB\xBF", 3) != 0
        && !names_separator(text, len)
        && (a.len <= narrow.max_row_bytes
            || memchr(a.data, '"', a.len) == NULL))
    {
        REQUIRE(same_bytes(&a, &b));
        REQUIRE(check_all(wide, kind, AUD_STR(""), a.data, a.len, 0, &c, &said_c));
        REQUIRE(same_bytes(&a, &c));
        REQUIRE(same_bytes(&said_a, &said_c));
    }

    if (aud_import_filename(aud_str(text, len), &name, &problem) == 0) {
        REQUIRE(name.len <= 255);
        REQUIRE(aud_utf8_valid(aud_buffer_str(&name)) == name.len);
        REQUIRE(memchr(name.data, '/', name.len) == NULL);
    }

    aud_buffer_free(&a);
    aud_buffer_free(&b);
    aud_buffer_free(&c);
    aud_buffer_free(&name);
    aud_buffer_free(&said_a);
    aud_buffer_free(&said_b);
    aud_buffer_free(&said_c);

    return 0;
}


static int
names_separator(const char *text, size_t len)
{
    return memmem(text, len < 12 ? len : 12, "=;", 2)
           || memmem(text, len < 12 ? len : 12, "=,", 2);
}
