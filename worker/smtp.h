/*
 * One e-mail to the SMTP server of the settings, by libcurl.
 *
 * libcurl 7.88 waits for the server's answer to a message, and to QUIT, inside
 * curl_multi_perform(): a slow server would stop the loop.  So this blocks, and
 * is called in the mail threads only.
 */

#ifndef SMTP_H
#define SMTP_H

#include "job.h"
#include "settings.h"

typedef struct {
    const char   *from;                 /* addresses that mime.h found valid */
    const char   *to;
    aud_str_t     message;
    /* Asked about once a second; non-zero ends the attempt. */
    int         (*stopping)(void *arg);
    void         *arg;
} smtp_envelope_t;

/*
 * JOB_DONE once the server has taken the message; JOB_FAILED where it refuses
 * it for good (5xx); JOB_RETRY for all that may pass: no connection, no
 * certificate, no login, 4xx, time over, a connection that ends too early.
 */
job_outcome_t smtp_send(const settings_t *settings,
    const smtp_envelope_t *envelope, aud_error_t *err);

/* The first line of the password file; "" where none is configured.  Refuses a
 * file that all users may read or write. */
int smtp_password(const settings_t *settings, char *out, size_t size,
    aud_error_t *err);

#endif
