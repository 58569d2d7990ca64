/*
 * Sentences and words of chats.
 */

#include <utf8proc.h>

#include "conversation_private.h"

#define FOLD_OPTIONS  (UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE                  \
                       | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK              \
                       | UTF8PROC_IGNORE | UTF8PROC_STABLE)

/* The most that one character becomes: U+FDFA folds to 18. */
#define FOLD_MOST  32


static int is_emoji(int32_t c, utf8proc_category_t category);
static int step(conversation_scan_t *scan);
static int is_link(const conversation_scan_t *scan);
static void skip_link(conversation_scan_t *scan);
static void scan_word(conversation_scan_t *scan);
static int continues_word(const conversation_scan_t *scan, int32_t c, size_t n);
static void scan_emoji(conversation_scan_t *scan, int32_t c, size_t n);
static void add_folded(conversation_scan_t *scan, conversation_token_t *t,
    int32_t c);
static int is_full(const conversation_scan_t *scan);


int
conversation_next(aud_str_t text, size_t *at, conversation_sentence_t *s)
{
    conversation_scan_t  scan = { text, *at, s, 0, 0, 0 };

    for ( ;; ) {
        s->n = 0;
        s->folded_len = 0;
        s->question = 0;
        s->exclaimed = 0;
        s->marks = 0;
        s->from = SIZE_MAX;
        s->to = 0;
        scan.ended = 0;
        scan.currency = 0;
        scan.run = 0;

        conversation_break(&scan);

        while (scan.at < text.len && !is_full(&scan) && step(&scan)) {
            /* void */
        }

        *at = scan.at;

        if (s->n > 1) {
            return 1;
        }

        if (scan.at >= text.len) {
            return 0;
        }
    }
}


/* Bytes of the character at `at`, which is -1 where it is none. */
size_t
conversation_character(aud_str_t text, size_t at, int32_t *c)
{
    utf8proc_ssize_t  n;

    if ((signed char) text.data[at] >= 0) {
        *c = text.data[at];
        return 1;
    }

    n = utf8proc_iterate((const utf8proc_uint8_t *) text.data + at,
                         text.len - at > 4 ? 4 : text.len - at, c);

    if (n > 0) {
        return n;
    }

    *c = -1;

    return 1;
}


int
conversation_has_word(aud_str_t text, size_t at)
{
    int32_t  c;

    if (at >= text.len) {
        return 0;
    }

    (void) conversation_character(text, at, &c);

    return conversation_class(c) == IS_LETTER
           || conversation_class(c) == IS_DIGIT;
}


conversation_class_t
conversation_class(int32_t c)
{
    utf8proc_category_t  category;

    if (c < 0) {
        return IS_BLANK;
    }

    if (c < 0x80) {
        if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') {
            return IS_LETTER;
        }

        return c >= '0' && c <= '9' ? IS_DIGIT
               : c <= ' ' || c == 0x7f ? IS_BLANK
               : c == '$' ? IS_CURRENCY : IS_MARK;
    }

    category = utf8proc_category(c);

    if (is_emoji(c, category)) {
        return IS_EMOJI;
    }

    switch (category) {

    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        return IS_LETTER;

    case UTF8PROC_CATEGORY_ND:
        return IS_DIGIT;

    case UTF8PROC_CATEGORY_SC:
        return IS_CURRENCY;

    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_SK:
        return IS_IGNORED;

    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CS:
        return IS_BLANK;

    default:
        return IS_MARK;
    }
}


static int
is_emoji(int32_t c, utf8proc_category_t category)
{
    return category == UTF8PROC_CATEGORY_SO && c >= 0x2190;
}


/* One word, number, emoji or mark; 0 where the sentence ends before or with
 * it. */
static int
step(conversation_scan_t *scan)
{
    size_t                n;
    int32_t               c;
    conversation_class_t  class;

    n = conversation_character(scan->text, scan->at, &c);
    class = conversation_class(c);

    if (scan->ended && (class == IS_LETTER || class == IS_DIGIT
                        || class == IS_CURRENCY || c == 0xbf || c == 0xa1))
    {
        return 0;
    }

    switch (class) {

    case IS_LETTER:
        scan->run = 0;

        if (is_link(scan)) {
            skip_link(scan);
        } else {
            scan_word(scan);
        }

        return 1;

    case IS_DIGIT:
        conversation_number(scan);
        return 1;

    case IS_CURRENCY:
        conversation_currency(scan, n);
        return 1;

    case IS_EMOJI:
        scan_emoji(scan, c, n);
        return 1;

    case IS_MARK:
        conversation_mark(scan, c, n);
        return 1;

    default:
        scan->at += n;
        /* a line is a sentence; so is what follows a line's end */
        return c != '\n' || scan->s->n < 2;
    }
}


static int
is_link(const conversation_scan_t *scan)
{
    size_t       i, left = scan->text.len - scan->at;
    const char  *p = scan->text.data + scan->at;

    static const char *const  begins[] = { "http://", "https://", "www." };

    for (i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
        if (left > strlen(begins[i])
            && strncasecmp(p, begins[i], strlen(begins[i])) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static void
skip_link(conversation_scan_t *scan)
{
    while (scan->at < scan->text.len
           && (unsigned char) scan->text.data[scan->at] > ' ')
    {
        scan->at++;
    }
}


static void
scan_word(conversation_scan_t *scan)
{
    int32_t                c, last = -1;
    size_t                 n;
    unsigned               run = 0, capitals = 0, small = 0;
    conversation_token_t  *t = conversation_add(scan, CONVERSATION_LETTERS);

    scan->currency = 0;

    while (scan->at < scan->text.len) {
        n = conversation_character(scan->text, scan->at, &c);

        if (!continues_word(scan, c, n)) {
            break;
        }

        add_folded(scan, t, c);
        conversation_seen(scan, n);
        scan->at += n;

        run = (c | 0x20) == (last | 0x20) ? run + 1 : 1;
        last = c;
        t->stretched |= run >= 3;

        if (utf8proc_category(c) == UTF8PROC_CATEGORY_LU) {
            capitals++;

        } else if (utf8proc_category(c) == UTF8PROC_CATEGORY_LL) {
            small++;
        }
    }

    t->shouted = capitals >= 3 && small == 0;

    if (t->len == 0) {
        scan->s->n--;
    }
}


/* Letters, digits behind them (gr8), zero-width marks, and an apostrophe
 * between letters. */
static int
continues_word(const conversation_scan_t *scan, int32_t c, size_t n)
{
    int32_t  next;

    if (c == '\'' || c == 0x2019) {
        if (scan->at + n >= scan->text.len) {
            return 0;
        }

        (void) conversation_character(scan->text, scan->at + n, &next);

        return conversation_class(next) == IS_LETTER;
    }

    return conversation_class(c) == IS_LETTER
           || conversation_class(c) == IS_IGNORED
           || (c >= '0' && c <= '9');
}


static void
scan_emoji(conversation_scan_t *scan, int32_t c, size_t n)
{
    char                   bytes[4];
    utf8proc_ssize_t       len;
    conversation_token_t  *t = &scan->s->tokens[scan->s->n - 1];

    len = utf8proc_encode_char(c, (utf8proc_uint8_t *) bytes);

    conversation_seen(scan, n);
    scan->at += n;

    if (t->kind == CONVERSATION_EMOJI && t->len == len
        && memcmp(t->data, bytes, len) == 0)
    {
        t->repeated++;
        return;
    }

    t = conversation_add(scan, CONVERSATION_EMOJI);
    conversation_add_text(scan, t, bytes, len);
    t->repeated = 1;
}


conversation_token_t *
conversation_add(conversation_scan_t *scan, conversation_kind_t kind)
{
    conversation_token_t  *t = &scan->s->tokens[scan->s->n++];

    memset(t, 0, sizeof(conversation_token_t));
    t->data = scan->s->folded + scan->s->folded_len;
    t->kind = kind;

    return t;
}


void
conversation_break(conversation_scan_t *scan)
{
    conversation_sentence_t  *s = scan->s;

    scan->currency = 0;

    if (s->n == 0 || s->tokens[s->n - 1].kind != CONVERSATION_BREAK) {
        (void) conversation_add(scan, CONVERSATION_BREAK);
    }
}


/* What goes beyond a word's length is left out. */
void
conversation_add_text(conversation_scan_t *scan, conversation_token_t *t,
    const char *p, size_t len)
{
    if (t->len + len <= CONVERSATION_WORD) {
        memcpy(scan->s->folded + scan->s->folded_len, p, len);
        scan->s->folded_len += len;
        t->len += len;
    }
}


static void
add_folded(conversation_scan_t *scan, conversation_token_t *t, int32_t c)
{
    int                bound = 0;
    char               bytes[4];
    utf8proc_ssize_t   i, n, len;
    utf8proc_int32_t   folded[FOLD_MOST];

    if (c < 0x80) {
        bytes[0] = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
        conversation_add_text(scan, t, bytes, 1);
        return;
    }

    if (c == 0x2019) {
        conversation_add_text(scan, t, "'", 1);
        return;
    }

    n = utf8proc_decompose_char(c, folded, FOLD_MOST, FOLD_OPTIONS, &bound);

    for (i = 0; i < n && n <= FOLD_MOST; i++) {
        len = utf8proc_encode_char(folded[i], (utf8proc_uint8_t *) bytes);
        conversation_add_text(scan, t, bytes, len);
    }
}


/* n bytes here belong to the sentence. */
void
conversation_seen(conversation_scan_t *scan, size_t n)
{
    conversation_sentence_t  *s = scan->s;

    if (s->from == SIZE_MAX) {
        s->from = scan->at;
    }

    s->to = scan->at + n;
}


/* Whether another word and a break might not fit. */
static int
is_full(const conversation_scan_t *scan)
{
    return scan->s->n + 2 > CONVERSATION_TOKENS
           || scan->s->folded_len + CONVERSATION_WORD > CONVERSATION_FOLDED;
}
