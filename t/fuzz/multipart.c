/*
 * The multipart reader: cut anywhere it says the same; and the whole input as
 * the content of a file comes out as it went in.
 */

#include "aud_multipart.h"
#include "pieces.h"

#define FORM   "multipart/form-data; boundary=xyz"
#define OPEN   "--xyz\r\nContent-Disposition: form-data; name=\"file\"; " \
               "filename=\"a.csv\"\r\n\r\n"
#define CLOSE  "\r\n--xyz--"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);


static int
on_data(void *arg, const char *data, size_t len)
{
    REQUIRE(len > 0);
    aud_buffer_add(arg, data, len);

    return 0;
}


/* The file's content is left in out, what else was said in said. */

static aud_multipart_status_t
read_all(aud_str_t type, aud_str_t body, uint64_t seed, aud_buffer_t *out,
    aud_buffer_t *said)
{
    size_t                   n, at;
    aud_multipart_t         *m;
    aud_multipart_status_t   status;

    m = aud_multipart_create(type, on_data, out, &status);

    for (at = 0; m && at < body.len && status == AUD_MULTIPART_OK; at += n) {
        n = seed ? pieces_next(&seed, body.len - at) : body.len;
        status = aud_multipart_feed(m, body.data + at, n);
    }

    if (m && status == AUD_MULTIPART_OK) {
        status = aud_multipart_finish(m);
    }

    aud_buffer_u8(said, status);

    if (m) {
        aud_buffer_str32(said, aud_multipart_filename(m));
    }

    aud_multipart_free(m);

    return status;
}


/* data as a body: the first line may be a Content-Type of its own. */

static void
as_a_body(const uint8_t *data, size_t len)
{
    aud_str_t      type, body;
    const char    *end;
    aud_buffer_t   a = { 0 }, b = { 0 }, said_a = { 0 }, said_b = { 0 };

    type = AUD_STR(FORM);
    body = aud_str((const char *) data, len);
    end = memchr(body.data, '\n', body.len);

    if (end && body.data[0] == 'm') {
        type = aud_str(body.data, end - body.data);
        body = aud_str(end + 1, body.len - (end + 1 - body.data));
    }

    read_all(type, body, 0, &a, &said_a);
    read_all(type, body, pieces_seed(data, len), &b, &said_b);

    REQUIRE(same_bytes(&a, &b));
    REQUIRE(same_bytes(&said_a, &said_b));

    aud_buffer_free(&a);
    aud_buffer_free(&b);
    aud_buffer_free(&said_a);
    aud_buffer_free(&said_b);
}


static void
as_a_file(const uint8_t *data, size_t len)
{
    aud_buffer_t  body = { 0 }, out = { 0 }, said = { 0 };

    if (memmem(data, len, "\r\n--xyz", 7)
        || (len >= 5 && memcmp(data, "--xyz", 5) == 0))
    {
        return;
    }

    aud_buffer_text(&body, OPEN);
    aud_buffer_add(&body, data, len);
    aud_buffer_text(&body, CLOSE);

    REQUIRE(read_all(AUD_STR(FORM), aud_buffer_str(&body),
                     pieces_seed(data, len), &out, &said) == AUD_MULTIPART_OK);
    REQUIRE(aud_str_equal(aud_buffer_str(&out),
                          aud_str((const char *) data, len)));

    aud_buffer_free(&body);
    aud_buffer_free(&out);
    aud_buffer_free(&said);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len) {
        as_a_body(data, len);
        as_a_file(data, len);
    }

    return 0;
}
