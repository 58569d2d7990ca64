/*
 * Redaction of e-mail addresses, @names and addresses of pages.
 */

#include "redact_private.h"

#define ADDRESS_LOCAL   96      /* code points looked at; nothing is longer */
#define ADDRESS_DOMAIN  255


static int address_begins(const redact_text_t *t, size_t at,
    const char *text);
static size_t address_host(const redact_text_t *t, size_t at, int *dots);
static size_t address_blank_end(const redact_text_t *t, size_t at);
static size_t address_local(const redact_text_t *t, size_t at);
static size_t address_at(const redact_text_t *t, size_t at);
static size_t address_take(redact_text_t *t, redact_kind_t kind, size_t from,
    size_t end);


/* With a scheme, with www., or a host with a path behind it. */

size_t
redact_link(redact_text_t *t, size_t at)
{
    int     dots;
    size_t  host;

    if (!redact_word(t->cp[at])) {
        return at;
    }

    if (!address_begins(t, at, "http://") && !address_begins(t, at, "https://")
        && !address_begins(t, at, "www."))
    {
        host = address_host(t, at, &dots);

        if (dots == 0 || host >= t->n || t->cp[host] != '/') {
            return at;
        }
    }

    return address_take(t, REDACT_LINK, at, address_blank_end(t, at));
}


static int
address_begins(const redact_text_t *t, size_t at, const char *text)
{
    for (/* void */; *text; text++, at++) {
        if (at >= t->n || t->cp[at] >= 0x80
            || (t->cp[at] | (*text >= 'a' ? 0x20 : 0)) != *text)
        {
            return 0;
        }
    }

    return 1;
}


/* Where a name such as wa.me ends; dots: those with a letter behind them. */

static size_t
address_host(const redact_text_t *t, size_t at, int *dots)
{
    size_t  i;

    *dots = 0;

    for (i = at; i < t->n && i < at + ADDRESS_DOMAIN; i++) {
        if (t->cp[i] == '.') {
            if (i == at || i + 1 >= t->n || !redact_letter(t->cp[i + 1])) {
                break;
            }

            (*dots)++;

        } else if (!redact_word(t->cp[i]) && t->cp[i] != '-') {
            break;
        }
    }

    return i;
}


/* Marks at the end belong to the sentence. */

static size_t
address_blank_end(const redact_text_t *t, size_t at)
{
    size_t  end = at;

    while (end < t->n && t->cp[end] > ' ' && t->cp[end] != 0x3000) {
        end++;
    }

    while (end > at + 1 && t->cp[end - 1] < 0x80
           && strchr(".,;:!?)\"'", t->cp[end - 1]))
    {
        end--;
    }

    return end;
}


/* ana@example.com, "ana @ example.com", "ana arroba gmail.com", "@ana". */

size_t
redact_email(redact_text_t *t, size_t at)
{
    int     dots, spaced;
    size_t  local, domain, end;

    if (t->cp[at] == '@') {
        end = address_local(t, at + 1);
        return end > at + 1 ? address_take(t, REDACT_HANDLE, at, end) : at;
    }

    local = address_local(t, at);
    domain = local > at ? address_at(t, local) : at;

    if (domain == at || domain == local) {
        return at;
    }

    spaced = t->cp[local] == ' ';
    end = address_host(t, domain, &dots);

    /* "comprei @loja" is no address. */
    if (end == domain || (spaced && t->cp[domain - 1] != ' ')
        || (!spaced && t->cp[domain - 1] == ' ' && dots == 0))
    {
        return at;
    }

    return address_take(t, REDACT_EMAIL, at, end);
}


static size_t
address_local(const redact_text_t *t, size_t at)
{
    size_t  i;

    for (i = at; i < t->n && i < at + ADDRESS_LOCAL; i++) {
        if (!redact_word(t->cp[i])
            && (t->cp[i] >= 0x80 || t->cp[i] <= ' '
                || !strchr("._%+-'&=~^!#$*", t->cp[i])))
        {
            break;
        }
    }

    return i;
}


/* Behind the @ that stands here, with blanks around it; else `at`. */

static size_t
address_at(const redact_text_t *t, size_t at)
{
    size_t  i, from, after;

    static const char *const  signs[] = { "@", "(at)", "[at]", "(arroba)",
                                          "arroba " };

    from = at < t->n && t->cp[at] == ' ' ? at + 1 : at;

    for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        if (address_begins(t, from, signs[i])) {
            after = from + strlen(signs[i]);
            return after < t->n && t->cp[after] == ' ' ? after + 1 : after;
        }
    }

    return at;
}


static size_t
address_take(redact_text_t *t, redact_kind_t kind, size_t from, size_t end)
{
    aud_buffer_t  key = { 0 };

    redact_key(t, from, end, &key);
    t->run->failed |= key.failed;
    redact_placeholder(t, kind, aud_buffer_str(&key));
    aud_buffer_free(&key);

    return end;
}
