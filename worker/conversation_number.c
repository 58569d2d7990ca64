/*
 * Numbers of chats, and what they count.
 */

#include "conversation_private.h"


static void scan_number_unit(conversation_scan_t *scan,
    conversation_token_t *t);


/* 12, 1.299,90 and 1,299.90 are numbers; a mark before two digits at the end
 * parts the fraction. */
void
conversation_number(conversation_scan_t *scan)
{
    char                   c;
    double                 value = 0, part = 0;
    size_t                 digits = 0;
    const char            *p = scan->text.data;
    conversation_token_t  *t = conversation_add(scan, CONVERSATION_NUMBER);

    for ( /* void */ ; scan->at < scan->text.len; scan->at++) {
        c = p[scan->at];

        if (c >= '0' && c <= '9') {
            value = value * 10 + (c - '0');
            part *= 10;
            digits++;
            conversation_add_text(scan, t, &c, 1);
            conversation_seen(scan, 1);

        } else if ((c == '.' || c == ',' || c == ':')
                   && scan->at + 1 < scan->text.len
                   && p[scan->at + 1] >= '0' && p[scan->at + 1] <= '9')
        {
            part = 1;
            digits = 0;
            conversation_add_text(scan, t, &c, 1);

        } else {
            break;
        }
    }

    if (t->len == 0) {          /* digits of another script */
        scan->s->n--;
        scan->at += conversation_character(scan->text, scan->at,
                                           &(int32_t) { 0 });
        return;
    }

    t->number = part > 0 && digits <= 2 ? value / part : value;
    scan_number_unit(scan, t);
}


static void
scan_number_unit(conversation_scan_t *scan, conversation_token_t *t)
{
    int32_t  next = ' ', behind = ' ';

    if (scan->at < scan->text.len) {
        (void) conversation_character(scan->text, scan->at, &next);
    }

    if (scan->at + 1 < scan->text.len) {
        (void) conversation_character(scan->text, scan->at + 1, &behind);
    }

    if (scan->currency) {
        t->kind = CONVERSATION_MONEY;
        scan->currency = 0;

    } else if (next == '%') {
        t->kind = CONVERSATION_PERCENT;

    } else if ((next == 'x' || next == 'X')
               && conversation_class(behind) != IS_LETTER)
    {
        t->kind = CONVERSATION_TIMES;
        conversation_seen(scan, 1);
        scan->at++;
    }
}


/* A number before or behind it becomes money; the R of R$ is no word. */
void
conversation_currency(conversation_scan_t *scan, size_t n)
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

    conversation_seen(scan, n);
    scan->at += n;
}
