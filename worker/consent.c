/*
 * Consent: what a cell of the column Opt-in says.
 */

#include <ctype.h>

#include "aud_text.h"
#include "consent.h"


static void consent_words(aud_buffer_t *out, aud_str_t text);
static int consent_word_refuses(const char *words);


/* Folded; anything but letters and digits is one blank. */

static const char *const  consent_refusals[] = {
    "0", "0 0", "n", "f", "no", "not", "false", "falso", "falsa", "off",
    "nao", "negado", "negada", "negativo", "negativa", "nego",
    "recuso", "recusa", "recusado", "recusada", "recusou", "recusar",
    "rejeitado", "rejeitada", "rejeitou", "rejeita",
    "rechazado", "rechazada", "rechaza", "rechazo", "denegado", "denegada",
    "opt out", "optout", "opted out", "optedout", "out",
    "descadastrado", "descadastrada", "descadastrou", "descadastrar",
    "desinscrito", "desinscrita", "cancelado", "cancelada", "cancelou",
    "revogado", "revogada", "revogou", "revocado", "revocada", "revoked",
    "removido", "removida", "bloqueado", "bloqueada", "blocked",
    "inativo", "inativa", "inactivo", "inactiva", "inactive",
    "desativado", "desativada", "disabled", "withdrawn",
    "unsubscribed", "unsubscribe", "unsub", "denied", "refused", "rejected",
    "declined", "stop", "sair", "baja", "dnc", "do not contact", "dont contact",
    "ninguno", "nenhum", "nunca", "jamais", "jamas", "never", "none", NULL
};

/* A sentence that begins so refuses too: "não autorizo o contato". */

static const char *const  consent_beginnings[] = {
    "nao ", "not ", "never ", "nunca ", "no autoriz", "no acept", "no quier",
    "no dese", "no consient", "do not ", "don t ", "opt out ", NULL
};


int
consent_is_column(aud_str_t name)
{
    int           is;
    aud_buffer_t  words = { 0 };

    consent_words(&words, name);
    aud_buffer_char(&words, '\0');

    is = !words.failed && (strcmp(words.data, "opt in") == 0
                           || strcmp(words.data, "optin") == 0);
    aud_buffer_free(&words);

    return is;
}


int
consent_refused(aud_str_t cell)
{
    int           refused;
    aud_buffer_t  words = { 0 };

    consent_words(&words, cell);
    aud_buffer_char(&words, '\0');

    refused = words.failed ? -1 : consent_word_refuses(words.data);
    aud_buffer_free(&words);

    return refused;
}


static int
consent_word_refuses(const char *words)
{
    size_t  i;

    for (i = 0; consent_refusals[i]; i++) {
        if (strcmp(words, consent_refusals[i]) == 0) {
            return 1;
        }
    }

    for (i = 0; consent_beginnings[i]; i++) {
        if (strncmp(words, consent_beginnings[i],
                    strlen(consent_beginnings[i])) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* text folded, runs of anything but letters and digits as one blank between
 * them. */

static void
consent_words(aud_buffer_t *out, aud_str_t text)
{
    size_t         i;
    unsigned char  c;
    aud_buffer_t   folded = { 0 };

    aud_fold(&folded, text);

    for (i = 0; i < folded.len; i++) {
        c = folded.data[i];

        if (isalnum(c) || c >= 0x80) {
            aud_buffer_char(out, c);

        } else if (out->len && out->data[out->len - 1] != ' ') {
            aud_buffer_char(out, ' ');
        }
    }

    if (out->len && out->data[out->len - 1] == ' ') {
        out->len--;
    }

    if (folded.failed) {
        out->failed = 1;
    }

    aud_buffer_free(&folded);
}
