/*
 * E-mail addresses as identifiers.  Any thread.
 *
 * It stands in worker/ and not in common/, so that nginx need not load libidn2.
 *
 *   " MAILTO:Ana.Silva@Exemplo.COM "     ->  ana.silva@exemplo.com
 *   "Ana <ana@exemplo.com>"              ->  ana@exemplo.com
 *   "ana@cobrança.com.br"                ->  ana@xn--cobrana-zxa.com.br
 *
 * Trimmed, in lower case, the domain as A-labels (IDNA 2008 with the mapping of
 * UTS 46, libidn2).  No tricks of providers: a dot or "+news" in the local part
 * stays, as it may be another person elsewhere.  What stands before the @ could
 * be case sensitive (RFC 5321, 2.4), but no mail system that people use has it
 * so.
 */

#ifndef EMAIL_H
#define EMAIL_H

#include "aud_str.h"

#define EMAIL_LEN        254        /* RFC 5321, 4.5.3.1.3, less the <> */
#define EMAIL_LOCAL_LEN  64
#define EMAIL_DOMAIN_LEN 253

typedef enum {
    EMAIL_OK = 0,
    EMAIL_EMPTY,
    EMAIL_INVALID,                  /* kept as a value; joins nobody */
    EMAIL_NO_MEMORY
} email_status_t;

/*
 * An address is a dot-atom (RFC 5322, 3.2.3, and UTF-8: RFC 6531), an @ and a
 * domain of at least two labels, the last not of digits alone.  Quoted local
 * parts and addresses of machines ([127.0.0.1]) are invalid.
 *
 * out gets a NUL; "" unless the status is EMAIL_OK.
 */
email_status_t email_normalise(aud_str_t text, char out[EMAIL_LEN + 1]);

#endif
