/*
 * Brazilian tax documents: CPF of people, CNPJ of companies.  Any thread.
 *
 * Both end in two check digits, weighted sums modulo 11.  A CNPJ may hold
 * letters since 2026: each character counts as its ASCII code less 48, so that
 * digits count as themselves (Receita Federal, Instrução Normativa 2.229/2024,
 * annex XV).  A document whose digits do not fit, or that is of another kind
 * (an RG), is kept as a value by who called and joins nobody.
 */

#ifndef AUD_TAX_DOCUMENT_H
#define AUD_TAX_DOCUMENT_H

#include "aud_str.h"

#define AUD_TAX_DOCUMENT_LEN  14
#define AUD_CPF_LEN           11

typedef enum {
    AUD_TAX_DOCUMENT_CPF = 0,
    AUD_TAX_DOCUMENT_CNPJ,
    AUD_TAX_DOCUMENT_EMPTY,
    AUD_TAX_DOCUMENT_SPOILED,       /* 1,95419E+13 */
    AUD_TAX_DOCUMENT_REPEATED,      /* 111.111.111-11 has right check digits */
    AUD_TAX_DOCUMENT_OTHER          /* wrong digits, or no CPF and no CNPJ */
} aud_tax_document_status_t;

/*
 * Reads a document with or without its punctuation and a word CPF or CNPJ
 * before it.  Bare digits may have lost leading zeros, as a spreadsheet that
 * takes them for a number loses them: 9 and 10 are read as a CPF, 12 and 13 as
 * a CNPJ; fewer would let other numbers pass by chance, as one in a hundred
 * does, and so would 11 that are no CPF.
 *
 * out: 11 digits or 14 letters and digits in upper case, and a NUL; "" unless
 * the status is CPF or CNPJ.
 */
aud_tax_document_status_t aud_tax_document_normalise(aud_str_t text,
    char out[AUD_TAX_DOCUMENT_LEN + 1]);

static inline int
aud_tax_document_valid(aud_tax_document_status_t status)
{
    return status <= AUD_TAX_DOCUMENT_CNPJ;
}

#endif
