/*
 * Frames: what reads, writes back as the same bytes, and with any of its end
 * missing is refused.
 */

#include "aud_frame.h"
#include "pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);


static void
as_request(aud_str_t payload)
{
    aud_buffer_t   out = { 0 };
    aud_request_t  request, cut;

    if (aud_frame_read_request(payload, &request) != 0) {
        return;
    }

    aud_frame_write_request(&out, &request);
    REQUIRE(!out.failed);
    REQUIRE(aud_str_equal(aud_str(out.data + AUD_FRAME_HEADER,
                                  out.len - AUD_FRAME_HEADER), payload));

    payload.len--;
    REQUIRE(aud_frame_read_request(payload, &cut) == -1);
    aud_buffer_free(&out);
}


static void
as_head(aud_str_t payload)
{
    uint32_t              i, n;
    aud_str_t            *headers;
    aud_buffer_t          out = { 0 };
    aud_response_head_t   head, cut;

    if (aud_frame_read_head(payload, &head) != 0) {
        return;
    }

    n = head.nheaders;
    REQUIRE(n <= payload.len);
    headers = calloc(2 * n + 1, sizeof(aud_str_t));

    for (i = 0; i < n; i++) {
        REQUIRE(aud_frame_next_header(&head, &headers[2 * i],
                                      &headers[2 * i + 1]) == 0);
    }

    REQUIRE(aud_frame_next_header(&head, &headers[0], &headers[0]) == -1);

    aud_frame_write_head(&out, head.status, head.content_length, headers, n);

    if (!out.failed) {
        REQUIRE(aud_str_equal(aud_str(out.data + AUD_FRAME_HEADER,
                                      out.len - AUD_FRAME_HEADER), payload));
    }

    payload.len--;
    REQUIRE(aud_frame_read_head(payload, &cut) == -1);
    aud_buffer_free(&out);
    free(headers);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint32_t          length;
    aud_str_t         payload;
    aud_frame_type_t  type;

    if (len < AUD_FRAME_HEADER) {
        return 0;
    }

    payload = aud_str((const char *) data + AUD_FRAME_HEADER,
                      len - AUD_FRAME_HEADER);

    if (aud_frame_header((const char *) data, &type, &length) == 0) {
        REQUIRE(type >= AUD_FRAME_REQUEST && type <= AUD_FRAME_END);
        REQUIRE(length <= AUD_FRAME_MAX_REQUEST);
    }

    as_request(payload);
    as_head(payload);

    return 0;
}
