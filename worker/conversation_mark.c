/*
 * Marks of chats: what ends a sentence or a clause, and emoticons.
 */

#include "conversation_private.h"


static int ends_sentence(const conversation_scan_t *scan, int32_t c, size_t n);
static int is_joining(const conversation_scan_t *scan, int32_t c, size_t n);
static size_t emoticon(const conversation_scan_t *scan, char out[4]);
static size_t emoticon_face(const char *p, size_t left, char out[4]);
static int is_mouth(char c);
static void scan_emoticon(conversation_scan_t *scan, size_t n,
    const char *folded);


void
conversation_mark(conversation_scan_t *scan, int32_t c, size_t n)
{
    char    folded[4];
    size_t  length;

    length = emoticon(scan, folded);

    if (length) {
        scan_emoticon(scan, length, folded);
        return;
    }

    if (scan->s->n > 1) {
        conversation_seen(scan, n);
    }

    if (c == '?' || c == 0xbf) {
        scan->s->question = 1;

    } else if (c == '!' || c == 0xa1) {
        scan->s->exclaimed = 1;
    }

    scan->run = c == '?' || c == '!' ? scan->run + 1 : 0;

    if (scan->run > scan->s->marks) {
        scan->s->marks = scan->run;
    }

    if (ends_sentence(scan, c, n)) {
        scan->ended = scan->s->n > 1;

    } else if (!is_joining(scan, c, n)) {
        conversation_break(scan);
    }

    scan->at += n;
}


static int
ends_sentence(const conversation_scan_t *scan, int32_t c, size_t n)
{
    if (c == '?' || c == '!' || c == 0x2026) {
        return 1;
    }

    return c == '.' && !conversation_has_word(scan->text, scan->at + n);
}


/* Marks inside words and those that only set them off: no end of a clause. */
static int
is_joining(const conversation_scan_t *scan, int32_t c, size_t n)
{
    switch (c) {

    case '*':
    case '_':
    case '~':
    case '#':
    case '@':
    case '&':
    case '+':
    case '/':
    case '"':
    case '\'':
    case '`':
    case '%':
    case 0x2018:
    case 0x2019:
    case 0x201c:
    case 0x201d:
    case 0xab:
    case 0xbb:
        return 1;

    case '-':
    case 0x2010:
    case 0x2011:
    case '.':
        return conversation_has_word(scan->text, scan->at + n);

    default:
        return 0;
    }
}


/* Bytes of the emoticon here, 0 for none: eyes, perhaps a nose, a mouth. */
static size_t
emoticon(const conversation_scan_t *scan, char out[4])
{
    size_t       left = scan->text.len - scan->at;
    const char  *p = scan->text.data + scan->at;

    if (left >= 2 && p[0] == '<' && p[1] == '3') {
        memcpy(out, "<3", 3);
        return 2;
    }

    if (left >= 3 && memcmp(p, "</3", 3) == 0) {
        memcpy(out, "</3", 4);
        return 3;
    }

    if (left >= 2 && memcmp(p, "^^", 2) == 0) {
        memcpy(out, "^^", 3);
        return 2;
    }

    if (left >= 3 && memcmp(p, "-_-", 3) == 0) {
        memcpy(out, "-_-", 4);
        return 3;
    }

    return emoticon_face(p, left, out);
}


static size_t
emoticon_face(const char *p, size_t left, char out[4])
{
    char    mouth;
    size_t  i = 1;

    if (left < 2 || (p[0] != ':' && p[0] != ';' && p[0] != '=')) {
        return 0;
    }

    if (left > 2 && (p[1] == '-' || p[1] == '\'' || p[1] == '^')) {
        i = 2;
    }

    mouth = p[i];

    if (!is_mouth(mouth)) {
        return 0;
    }

    out[0] = p[0] == '=' ? ':' : p[0];
    out[1] = mouth == 'D' || mouth == 'P' ? mouth | 0x20 : mouth;
    out[1] = p[1] == '\'' && mouth == '(' ? '[' : out[1];      /* tears */
    out[2] = '\0';

    while (i < left && p[i] == mouth) {
        i++;
    }

    /* "preço:De", "https://", "1=3": the mouth belongs to what follows */
    if (i < left && (((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'z')
                     || (p[i] >= '0' && p[i] <= '9') || p[i] == '/'))
    {
        return 0;
    }

    return i;
}


static int
is_mouth(char c)
{
    return c != '\0' && strchr(")(DPp]/\\|*", c) != NULL;
}


static void
scan_emoticon(conversation_scan_t *scan, size_t n, const char *folded)
{
    conversation_token_t  *t = conversation_add(scan, CONVERSATION_EMOJI);

    conversation_add_text(scan, t, folded, strlen(folded));
    t->repeated = 1;
    conversation_seen(scan, n);
    scan->at += n;
}
