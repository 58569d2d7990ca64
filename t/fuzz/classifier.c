/*
 * Conversations: lines of text, whose first byte says who wrote them, in the
 * language that the first byte of all asks for.  Evidence lies within the
 * messages, confidence within 0 and 1, and a result does not depend on what
 * the scratch held before.
 */

#include "classifier.h"
#include "pieces.h"

#define MESSAGES_MOST  64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);


static size_t
read_messages(const char *p, size_t len, classifier_message_t *messages)
{
    size_t       n, line;
    const char  *newline;

    for (n = 0; n < MESSAGES_MOST && len; n++) {
        newline = memchr(p, '\n', len);
        line = newline ? (size_t) (newline - p) : len;

        messages[n] = (classifier_message_t) { "", 0, CLASSIFIER_CUSTOMER,
                                               aud_str(p, line) };
        if (line) {
            messages[n].from = (unsigned char) p[0] % 3;
            messages[n].text = aud_str(p + 1, line - 1);
        }

        len -= line + (newline != NULL);
        p += line + (newline != NULL);
    }

    return n;
}


static void
check(const classifier_result_t *r, const classifier_message_t *messages,
    size_t n)
{
    REQUIRE(r->confidence >= 0 && r->confidence <= 1);

    if (r->message != CLASSIFIER_NOWHERE) {
        REQUIRE(r->message < n);
        REQUIRE(r->from < r->to && r->to <= messages[r->message].text.len);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    size_t                        i, n;
    aud_error_t                   err;
    classifier_result_t           out[CLASSIFIER_LABELS];
    classifier_result_t           again[CLASSIFIER_LABELS];
    classifier_message_t          messages[MESSAGES_MOST];
    classifier_scratch_t         *fresh;
    static classifier_t          *c;
    static classifier_scratch_t  *scratch;
    static const char *const      languages[] = { "", "pt", "en", "es" };

    if (c == NULL) {
        c = classifier_open("conf/lexicons", &err);
        scratch = classifier_scratch_create();
        REQUIRE(c && scratch);
    }

    if (len == 0) {
        return 0;
    }

    n = read_messages((const char *) data + 1, len - 1, messages);
    fresh = classifier_scratch_create();
    classifier_run(c, scratch, languages[data[0] % 4], messages, n, out);
    classifier_run(c, fresh, languages[data[0] % 4], messages, n, again);
    classifier_scratch_free(fresh);

    for (i = 0; i < CLASSIFIER_LABELS; i++) {
        check(&out[i], messages, n);
        REQUIRE(out[i].value == again[i].value);
        REQUIRE(out[i].confidence == again[i].confidence);
        REQUIRE(out[i].message == again[i].message);
        REQUIRE(out[i].from == again[i].from && out[i].to == again[i].to);
    }

    return 0;
}
