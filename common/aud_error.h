/*
 * aud_error_t: why a function of common/ or worker/ failed, as one sentence
 * for a log line.  The caller owns it; functions only write it when they fail.
 */

#ifndef AUD_ERROR_H
#define AUD_ERROR_H

typedef struct {
    int   no;           /* errno where a system call failed, else 0 */
    char  text[256];
} aud_error_t;

/* Writes text and no = 0.  Returns -1, so that a caller can return it. */
int aud_error_set(aud_error_t *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The same with errno kept and ": strerror" appended. */
int aud_error_system(aud_error_t *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
