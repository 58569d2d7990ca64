/*
 * Numbers, shares and periods as a language writes them.  Out of memory shows
 * in the buffer.  Any thread.
 */

#ifndef CLASS_WORDS_H
#define CLASS_WORDS_H

#include "class_lexicon.h"

/* 1.234,5: at most two digits behind the comma, four below one. */
void class_number(const locale_texts_t *texts, double value,
    aud_buffer_t *out);

/*
 * A share as it is told, in percent: whole ones, tenths below 1 and above 99,
 * where a whole one would say none or all.  Pages round alike (percent() in
 * web/src/language.js), so that a share is one figure wherever it stands.
 */
double class_percent_of(double share);

/* "73%", "99,6%"; what rounds to none or all says so. */
void class_percent(const locale_texts_t *texts, double share,
    aud_buffer_t *out);

/* "30 dias", "6 meses", "1 ano". */
void class_days(const locale_texts_t *texts, double days, aud_buffer_t *out);

/* "há 3 a 6 meses", of BEHAVIOUR_RECENCY. */
void class_recency(const locale_texts_t *texts,
    const behaviour_category_t *category, aud_buffer_t *out);

/* "o dobro da média", "12 pontos percentuais a mais". */
void class_lift(const locale_texts_t *texts, double share, double base_share,
    aud_buffer_t *out);

/* "há 10 a 19 anos": a BEHAVIOUR_RANGE of years since a date. */
void class_years(const locale_texts_t *texts,
    const behaviour_category_t *category, aud_buffer_t *out);

/* Bounds of a BEHAVIOUR_RANGE as they are read: the last one of whole numbers
 * is to - 1.  Whether it is one number alone. */
int  class_range_bounds(const behaviour_category_t *category, int whole,
    double *from, double *to);

#endif
