/*
 * Kinds of import files, and what their columns mean.
 *
 *   contacts        phoneNumber and whatever else; aud_import_header.h
 *   extras          whom it is about; every other column is an extra
 *   campaigns       id?, campaign, status, at, whom it is about
 *   conversations   a message a row: conversation, message?, at, from, text,
 *                   channel?, language?, labels?, whom it is about
 *
 * Whom it is about is said by at least one of phoneNumber (or phone), email and
 * taxDocument.  Names compare by their letters alone, without case or accents.
 * Any thread.
 */

#ifndef AUD_IMPORT_KIND_H
#define AUD_IMPORT_KIND_H

#include "aud_str.h"

typedef enum {
    AUD_IMPORT_CONTACTS = 0, AUD_IMPORT_EXTRAS, AUD_IMPORT_CAMPAIGNS,
    AUD_IMPORT_CONVERSATIONS, AUD_IMPORT_KINDS
} aud_import_kind_t;

typedef enum {
    AUD_ROLE_PHONE = 0, AUD_ROLE_EMAIL, AUD_ROLE_TAX_DOCUMENT,
    AUD_ROLE_ID, AUD_ROLE_CAMPAIGN, AUD_ROLE_STATUS,
    AUD_ROLE_CONVERSATION, AUD_ROLE_MESSAGE,
    AUD_ROLE_AT, AUD_ROLE_FROM, AUD_ROLE_TEXT,
    AUD_ROLE_CHANNEL, AUD_ROLE_LANGUAGE,
    AUD_ROLE_INTENTION, AUD_ROLE_PRICE, AUD_ROLE_SENTIMENT,
    AUD_ROLES                       /* none of them */
} aud_import_role_t;

/* "contacts" …; AUD_IMPORT_KINDS where there is no such, contacts of "". */
aud_import_kind_t aud_import_kind(aud_str_t name);
const char       *aud_import_kind_name(aud_import_kind_t kind);

/* What a column of that name is in a file of a kind other than contacts;
 * AUD_ROLES: nothing that is known. */
aud_import_role_t aud_import_role(aud_import_kind_t kind, aud_str_t name);

/* How the model file calls it. */
const char       *aud_import_role_name(aud_import_role_t role);

/* Whether files of the kind may have the column, and whether they must. */
int               aud_import_role_of(aud_import_kind_t kind,
    aud_import_role_t role);
int               aud_import_role_needed(aud_import_kind_t kind,
    aud_import_role_t role);

/* The folded letters a to z of a name, at most max of them: of "Telefone 1
 * (celular)" that is telefonecelular. */
size_t            aud_import_letters(aud_str_t name, char *out, size_t max);

#endif
