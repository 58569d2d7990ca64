#include "class_names.h"
#include "class_naming.h"
#include "class_text.h"

#define ALSO  2


static void add_size(const locale_texts_t *texts,
    const class_explanation_t *explanation, aud_buffer_t *out);
static void add_sentence(const locale_texts_t *texts, const char *template,
    const class_trait_t *trait, aud_buffer_t *out);
static size_t main_trait(const class_trait_t *traits, size_t n);
static void add_also(const locale_texts_t *texts, const class_trait_t *traits,
    size_t n, size_t without, size_t most, aud_buffer_t *out);
static void fill_sentence(const locale_texts_t *texts, const char *template,
    const class_trait_t *trait, aud_buffer_t *out);
static void add_known(const locale_texts_t *texts, const class_trait_t *trait,
    aud_str_t sentence, aud_buffer_t *out);


void
class_description_write(const locale_texts_t *texts,
    const class_explanation_t *explanation, const class_trait_t *traits,
    size_t n, aud_buffer_t *out)
{
    size_t  from = out->len, main, of;

    add_size(texts, explanation, out);
    aud_buffer_char(out, ' ');

    if (n == 0) {
        aud_buffer_text(out, class_text(texts, "nothing"));
        return;
    }

    of = main_trait(traits, n);
    add_sentence(texts, "main", &traits[of], out);
    main = out->len;

    for (size_t most = ALSO; most > 0 && n > 1; most--) {
        add_also(texts, traits, n, of, most, out);

        if (class_text_length(aud_str(out->data + from, out->len - from))
            <= CLASS_DESCRIPTION_MAX)
        {
            break;
        }

        out->len = main;
    }

    class_text_cut(out, from, CLASS_DESCRIPTION_MAX);
}


/* The first one that tells something of most members. */
static size_t
main_trait(const class_trait_t *traits, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (traits[i].known && traits[i].telling) {
            return i;
        }
    }

    return 0;
}


static void
add_size(const locale_texts_t *texts, const class_explanation_t *explanation,
    aud_buffer_t *out)
{
    class_gap_t   gaps[2] = { { "members", { NULL, 0 },
                                (int64_t) explanation->members },
                              { "share", { NULL, 0 }, 0 } };
    aud_buffer_t  members = { 0 }, share = { 0 };

    locale_number(texts, (int64_t) explanation->members, &members);
    class_percent(texts, explanation->share, &share);

    gaps[0].text = aud_buffer_str(&members);
    gaps[1].text = aud_buffer_str(&share);
    class_fill(class_text(texts, "size"), gaps, 2, out);

    out->failed |= members.failed | share.failed;
    aud_buffer_free(&members);
    aud_buffer_free(&share);
}


/* "Além disso, …": traits that most members have a value of. */
static void
add_also(const locale_texts_t *texts, const class_trait_t *traits, size_t n,
    size_t without, size_t most, aud_buffer_t *out)
{
    size_t        found = 0;
    class_gap_t   gaps[ALSO] = { { "a", { NULL, 0 }, 0 },
                                 { "b", { NULL, 0 }, 0 } };
    aud_buffer_t  parts[ALSO] = { { 0 }, { 0 } };

    for (size_t i = 0; i < n && found < most; i++) {
        if (i != without && traits[i].known && traits[i].telling) {
            fill_sentence(texts, "also", &traits[i], &parts[found]);
            gaps[found].text = aud_buffer_str(&parts[found]);
            found++;
        }
    }

    if (found) {
        aud_buffer_char(out, ' ');
        class_fill(class_text(texts, found == 1 ? "also_one" : "also_two"),
                   gaps, found, out);
    }

    for (size_t i = 0; i < ALSO; i++) {
        out->failed |= parts[i].failed;
        aud_buffer_free(&parts[i]);
    }
}


void
class_characteristic_write(const locale_texts_t *texts,
    const class_trait_t *trait, aud_buffer_t *out)
{
    add_sentence(texts, "characteristic", trait, out);
}


/* Where few enough have a value the sentence says of how many it speaks. */
static void
add_sentence(const locale_texts_t *texts, const char *template,
    const class_trait_t *trait, aud_buffer_t *out)
{
    size_t        from = out->len;
    aud_buffer_t  sentence = { 0 };

    fill_sentence(texts, template, trait, &sentence);

    if (trait->well_known) {
        aud_buffer_add(out, sentence.data, sentence.len);

    } else {
        add_known(texts, trait, aud_buffer_str(&sentence), out);
    }

    class_text_capital(out, from);
    out->failed |= sentence.failed;
    aud_buffer_free(&sentence);
}


/* "73% têm o plano Ouro, contra 31% na base." */
static void
fill_sentence(const locale_texts_t *texts, const char *template,
    const class_trait_t *trait, aud_buffer_t *out)
{
    class_gap_t   gaps[4] = { { "share", { NULL, 0 }, 0 },
                              { "base", { NULL, 0 }, 0 },
                              { "predicate", { NULL, 0 }, 0 },
                              { "lift", { NULL, 0 }, 0 } };
    aud_buffer_t  share = { 0 }, base = { 0 }, lift = { 0 };

    class_percent(texts, trait->share, &share);
    class_percent(texts, trait->base_share, &base);
    class_lift(texts, trait->share, trait->base_share, &lift);

    gaps[0].text = aud_buffer_str(&share);
    gaps[1].text = aud_buffer_str(&base);
    gaps[2].text = aud_buffer_str(&trait->predicate);
    gaps[3].text = aud_buffer_str(&lift);
    class_fill(class_text(texts, template), gaps, 4, out);

    out->failed |= share.failed | base.failed | lift.failed;
    aud_buffer_free(&share);
    aud_buffer_free(&base);
    aud_buffer_free(&lift);
}


static void
add_known(const locale_texts_t *texts, const class_trait_t *trait,
    aud_str_t sentence, aud_buffer_t *out)
{
    class_gap_t   gaps[2] = { { "known", { NULL, 0 },
                                (int64_t) trait->inside_filled },
                              { "sentence", sentence, 0 } };
    aud_buffer_t  known = { 0 };

    locale_number(texts, (int64_t) trait->inside_filled, &known);
    gaps[0].text = aud_buffer_str(&known);
    class_fill(class_text(texts, "known"), gaps, 2, out);
    out->failed |= known.failed;
    aud_buffer_free(&known);
}
