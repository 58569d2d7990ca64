/*
 * Sentences and words of chats.
 */

#include <utf8proc.h>

#include "conversation_text.h"

#define FOLD_OPTIONS  (UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE                  \
                       | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK              \
                       | UTF8PROC_IGNORE | UTF8PROC_STABLE)

/* The most that one character becomes: U+FDFA folds to 18. */
#define FOLD_MOST  32


typedef enum {
    IS_LETTER = 0,
    IS_DIGIT,
    IS_BLANK,
    IS_IGNORED,             /* zero width, skin tones: as if it were not there */
    IS_EMOJI,
    IS_CURRENCY,
    IS_MARK
} class_t;


typedef struct {
    aud_str_t                 text;
    size_t                    at;
    conversation_sentence_t  *s;
    int                       currency;     /* a sign stands before */
    int                       ended;        /* by a mark: emoji may follow */
    unsigned                  run;          /* of ? and ! */
} scan_t;


static size_t  read_character(aud_str_t text, size_t at, int32_t *c);
static class_t class_of(int32_t c);
static int     is_emoji(int32_t c, utf8proc_category_t category);
static int     step(scan_t *scan);
static int     scan_mark(scan_t *scan, int32_t c, size_t n);
static int     ends_sentence(const scan_t *scan, int32_t c, size_t n);
static int     is_joining(const scan_t *scan, int32_t c, size_t n);
static size_t  emoticon(const scan_t *scan, char out[4]);
static int     is_mouth(char c);
static size_t  emoticon_face(const char *p, size_t left, char out[4]);
static void    scan_emoticon(scan_t *scan, size_t n, const char *folded);
static int     is_link(const scan_t *scan);
static void    skip_link(scan_t *scan);
static void    scan_word(scan_t *scan);
static int     continues_word(const scan_t *scan, int32_t c, size_t n);
static void    scan_number(scan_t *scan);
static void    scan_number_unit(scan_t *scan, conversation_token_t *t);
static void    scan_currency(scan_t *scan, size_t n);
static void    scan_emoji(scan_t *scan, int32_t c, size_t n);
static conversation_token_t *add_token(scan_t *scan, conversation_kind_t kind);
static void    add_break(scan_t *scan);
static void    add_text(scan_t *scan, conversation_token_t *t, const char *p,
    size_t len);
static void    add_folded(scan_t *scan, conversation_token_t *t, int32_t c);
static void    seen(scan_t *scan, size_t n);
static int     is_full(const scan_t *scan);


int
conversation_next(aud_str_t text, size_t *at, conversation_sentence_t *s)
{
    scan_t  scan = { text, *at, s, 0, 0, 0 };

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

        add_break(&scan);

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
static size_t
read_character(aud_str_t text, size_t at, int32_t *c)
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


static class_t
class_of(int32_t c)
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
step(scan_t *scan)
{
    size_t   n;
    int32_t  c;
    class_t  class;

    n = read_character(scan->text, scan->at, &c);
    class = class_of(c);

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
        scan_number(scan);
        return 1;

    case IS_CURRENCY:
        scan_currency(scan, n);
        return 1;

    case IS_EMOJI:
        scan_emoji(scan, c, n);
        return 1;

    case IS_MARK:
        return scan_mark(scan, c, n);

    default:
        scan->at += n;
        /* a line is a sentence; so is what follows a line's end */
        return c != '\n' || scan->s->n < 2;
    }
}


static int
scan_mark(scan_t *scan, int32_t c, size_t n)
{
    char    folded[4];
    size_t  length;

    length = emoticon(scan, folded);

    if (length) {
        scan_emoticon(scan, length, folded);
        return 1;
    }

    if (scan->s->n > 1) {
        seen(scan, n);
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
        add_break(scan);
    }

    scan->at += n;

    return 1;
}


static int
ends_sentence(const scan_t *scan, int32_t c, size_t n)
{
    int32_t  next;

    if (c == '?' || c == '!' || c == 0x2026) {
        return 1;
    }

    if (c != '.') {
        return 0;
    }

    if (scan->at + n >= scan->text.len) {
        return 1;
    }

    (void) read_character(scan->text, scan->at + n, &next);

    return class_of(next) != IS_LETTER && class_of(next) != IS_DIGIT;
}


/* Marks inside words and those that only set them off: no end of a clause. */
static int
is_joining(const scan_t *scan, int32_t c, size_t n)
{
    int32_t  next;

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
        if (scan->at + n >= scan->text.len) {
            return 0;
        }

        (void) read_character(scan->text, scan->at + n, &next);

        return class_of(next) == IS_LETTER || class_of(next) == IS_DIGIT;

    default:
        return 0;
    }
}


/* Bytes of the emoticon here, 0 for none: eyes, perhaps a nose, a mouth. */
static size_t
emoticon(const scan_t *scan, char out[4])
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
scan_emoticon(scan_t *scan, size_t n, const char *folded)
{
    conversation_token_t  *t = add_token(scan, CONVERSATION_EMOJI);

    add_text(scan, t, folded, strlen(folded));
    t->repeated = 1;
    seen(scan, n);
    scan->at += n;
}


static int
is_link(const scan_t *scan)
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
skip_link(scan_t *scan)
{
    while (scan->at < scan->text.len
           && (unsigned char) scan->text.data[scan->at] > ' ')
    {
        scan->at++;
    }
}


static void
scan_word(scan_t *scan)
{
    int32_t                c, last = -1;
    size_t                 n;
    unsigned               run = 0, capitals = 0, small = 0;
    conversation_token_t  *t = add_token(scan, CONVERSATION_LETTERS);

    scan->currency = 0;

    while (scan->at < scan->text.len) {
        n = read_character(scan->text, scan->at, &c);

        if (!continues_word(scan, c, n)) {
            break;
        }

        add_folded(scan, t, c);
        seen(scan, n);
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
continues_word(const scan_t *scan, int32_t c, size_t n)
{
    int32_t  next;

    if (c == '\'' || c == 0x2019) {
        if (scan->at + n >= scan->text.len) {
            return 0;
        }

        (void) read_character(scan->text, scan->at + n, &next);

        return class_of(next) == IS_LETTER;
    }

    return class_of(c) == IS_LETTER || class_of(c) == IS_IGNORED
           || (c >= '0' && c <= '9');
}


/* 12, 1.299,90 and 1,299.90 are numbers; a mark before two digits at the end
 * parts the fraction. */
static void
scan_number(scan_t *scan)
{
    char                   c;
    double                 value = 0, part = 0;
    size_t                 digits = 0;
    const char            *p = scan->text.data;
    conversation_token_t  *t = add_token(scan, CONVERSATION_NUMBER);

    for ( /* void */ ; scan->at < scan->text.len; scan->at++) {
        c = p[scan->at];

        if (c >= '0' && c <= '9') {
            value = value * 10 + (c - '0');
            part *= 10;
            digits++;
            add_text(scan, t, &c, 1);
            seen(scan, 1);

        } else if ((c == '.' || c == ',' || c == ':')
                   && scan->at + 1 < scan->text.len
                   && p[scan->at + 1] >= '0' && p[scan->at + 1] <= '9')
        {
            part = 1;
            digits = 0;
            add_text(scan, t, &c, 1);

        } else {
            break;
        }
    }

    if (t->len == 0) {          /* digits of another script */
        scan->s->n--;
        scan->at += read_character(scan->text, scan->at, &(int32_t) { 0 });
        return;
    }

    t->number = part > 0 && digits <= 2 ? value / part : value;
    scan_number_unit(scan, t);
}


static void
scan_number_unit(scan_t *scan, conversation_token_t *t)
{
    int32_t  next = ' ', behind = ' ';

    if (scan->at < scan->text.len) {
        (void) read_character(scan->text, scan->at, &next);
    }

    if (scan->at + 1 < scan->text.len) {
        (void) read_character(scan->text, scan->at + 1, &behind);
    }

    if (scan->currency) {
        t->kind = CONVERSATION_MONEY;
        scan->currency = 0;

    } else if (next == '%') {
        t->kind = CONVERSATION_PERCENT;

    } else if ((next == 'x' || next == 'X') && class_of(behind) != IS_LETTER) {
        t->kind = CONVERSATION_TIMES;
        seen(scan, 1);
        scan->at++;
    }
}


/* A number before or behind it becomes money; the R of R$ is no word. */
static void
scan_currency(scan_t *scan, size_t n)
{
    char                   before;
    conversation_token_t  *t = &scan->s->tokens[scan->s->n - 1];

    before = scan->at ? scan->text.data[scan->at - 1] : ' ';

    if (t->kind == CONVERSATION_LETTERS && t->len <= 3
        && (before | 0x20) >= 'a' && (before | 0x20) <= 'z')
    {
        scan->s->n--;
        scan->currency = 1;

    } else if (t->kind == CONVERSATION_NUMBER
               && (before == ' ' || (before >= '0' && before <= '9')))
    {
        t->kind = CONVERSATION_MONEY;

    } else {
        scan->currency = 1;
    }

    seen(scan, n);
    scan->at += n;
}


static void
scan_emoji(scan_t *scan, int32_t c, size_t n)
{
    char                   bytes[4];
    utf8proc_ssize_t       len;
    conversation_token_t  *t = &scan->s->tokens[scan->s->n - 1];

    len = utf8proc_encode_char(c, (utf8proc_uint8_t *) bytes);

    seen(scan, n);
    scan->at += n;

    if (t->kind == CONVERSATION_EMOJI && t->len == len
        && memcmp(t->data, bytes, len) == 0)
    {
        t->repeated++;
        return;
    }

    t = add_token(scan, CONVERSATION_EMOJI);
    add_text(scan, t, bytes, len);
    t->repeated = 1;
}


static conversation_token_t *
add_token(scan_t *scan, conversation_kind_t kind)
{
    conversation_token_t  *t = &scan->s->tokens[scan->s->n++];

    memset(t, 0, sizeof(conversation_token_t));
    t->data = scan->s->folded + scan->s->folded_len;
    t->kind = kind;

    return t;
}


static void
add_break(scan_t *scan)
{
    conversation_sentence_t  *s = scan->s;

    scan->currency = 0;

    if (s->n == 0 || s->tokens[s->n - 1].kind != CONVERSATION_BREAK) {
        (void) add_token(scan, CONVERSATION_BREAK);
    }
}


/* What goes beyond a word's length is left out. */
static void
add_text(scan_t *scan, conversation_token_t *t, const char *p, size_t len)
{
    if (t->len + len <= CONVERSATION_WORD) {
        memcpy(scan->s->folded + scan->s->folded_len, p, len);
        scan->s->folded_len += len;
        t->len += len;
    }
}


static void
add_folded(scan_t *scan, conversation_token_t *t, int32_t c)
{
    int                bound = 0;
    char               bytes[4];
    utf8proc_ssize_t   i, n, len;
    utf8proc_int32_t   folded[FOLD_MOST];

    if (c < 0x80) {
        bytes[0] = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
        add_text(scan, t, bytes, 1);
        return;
    }

    if (c == 0x2019) {
        add_text(scan, t, "'", 1);
        return;
    }

    n = utf8proc_decompose_char(c, folded, FOLD_MOST, FOLD_OPTIONS, &bound);

    for (i = 0; i < n && n <= FOLD_MOST; i++) {
        len = utf8proc_encode_char(folded[i], (utf8proc_uint8_t *) bytes);
        add_text(scan, t, bytes, len);
    }
}


/* n bytes here belong to the sentence. */
static void
seen(scan_t *scan, size_t n)
{
    conversation_sentence_t  *s = scan->s;

    if (s->from == SIZE_MAX) {
        s->from = scan->at;
    }

    s->to = scan->at + n;
}


/* Whether another word and a break might not fit. */
static int
is_full(const scan_t *scan)
{
    return scan->s->n + 2 > CONVERSATION_TOKENS
           || scan->s->folded_len + CONVERSATION_WORD > CONVERSATION_FOLDED;
}
