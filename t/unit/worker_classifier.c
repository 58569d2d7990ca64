#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "aud_alloc.h"
#include "aud_text.h"
#include "classifier.h"
#include "conversation_text.h"
#include "lexicon.h"
#include "random.h"

/* What measures the classifier also holds it to what it reached. */
#define main  enrichment_main
int enrichment_main(int argc, char **argv);
#include "../../bench/enrichment.c"
#undef main

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))


static classifier_t          *shipped;
static classifier_scratch_t  *scratch;


/* --- words and sentences ---------------------------------------------------*/

/* The sentences of text, words parted by blanks, breaks shown as "|". */
static void
reads(const char *text, const char *expected)
{
    char                     out[1024] = "";
    size_t                   at = 0, len = 0;
    unsigned                 i;
    conversation_sentence_t  s;

    while (conversation_next(aud_str(text, strlen(text)), &at, &s)) {
        for (i = 0; i < s.n; i++) {
            len += snprintf(out + len, sizeof(out) - len, "%s%.*s",
                            i ? " " : len ? " / " : "",
                            s.tokens[i].kind ? (int) s.tokens[i].len : 1,
                            s.tokens[i].kind ? s.tokens[i].data : "|");
        }

        len += snprintf(out + len, sizeof(out) - len, "%s%s",
                        s.question ? "?" : "", s.exclaimed ? "!" : "");
    }

    assert_string_equal(out, expected);
}


static void
test_words_and_sentences(void **state)
{
    reads("", "");
    reads(" \n ?! ", "");
    reads("Olá, tudo bem? Quero 2.", "| ola | tudo bem? / | quero 2");
    reads("NÃO chegou!!!\nCadê", "| nao chegou! / | cade");
    reads("oi\r\nbom dia\n\n", "| oi / | bom dia");
    reads("¿Cuánto sale?", "| cuanto sale?");
    reads("don't can’t 'quoted'", "| don't can't quoted");
    reads("custo-benefício é 10.", "| custo beneficio e 10");
    reads("v1.2 gr8 b4", "| v1 2 gr8 b4");
    reads("veja https://x.y/z?a=b ou www.x.com aqui", "| veja ou aqui");
    reads("na\xef\xbb\xbf\xe2\x80\x8bo", "| nao");
    reads("\xff\xfenão\xc3", "| nao");
    reads("日本語。", "| 日本語 |");
}


static void
test_emoji_and_emoticons(void **state)
{
    reads("amei ❤️❤️ :-)", "| amei ❤ :)");
    reads("👍🏽ok", "| 👍 ok");
    reads("Adorei! 😍 Valeu", "| adorei 😍! / | valeu");
    reads("=( :'( :D ;) <3 ^^", "| :( :[ :d ;) <3 ^^");
    reads("preço:De 10", "| preco | de 10");
}


static const conversation_token_t *
only(const char *text, conversation_sentence_t *s)
{
    size_t  at = 0;

    assert_true(conversation_next(aud_str(text, strlen(text)), &at, s));

    return &s->tokens[s->n - 1];
}


static void
test_kinds_of_numbers(void **state)
{
    conversation_sentence_t      s;
    const conversation_token_t  *t;

    static const struct {
        const char           *text;
        conversation_kind_t   kind;
        double                number;
    } cases[] = {
        { "R$ 1.299,90", CONVERSATION_MONEY, 1299.9 },
        { "US$1,299.90", CONVERSATION_MONEY, 1299.9 },
        { "$2,100", CONVERSATION_MONEY, 2100 },
        { "30 €", CONVERSATION_MONEY, 30 },
        { "£140", CONVERSATION_MONEY, 140 },
        { "20%", CONVERSATION_PERCENT, 20 },
        { "12x", CONVERSATION_TIMES, 12 },
        { "7", CONVERSATION_NUMBER, 7 },
        { "9.5", CONVERSATION_NUMBER, 9.5 },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        t = only(cases[i].text, &s);

        if (s.n != 2 || t->kind != cases[i].kind
            || t->number != cases[i].number)
        {
            fail_msg("\"%s\" is of kind %d, %g", cases[i].text, t->kind,
                     t->number);
        }
    }

    assert_true(only("MUITO", &s)->shouted);
    assert_false(only("Muito", &s)->shouted);
    assert_true(only("muitooo", &s)->stretched);
    assert_int_equal(only("😡😡😡", &s)->repeated, 3);
}


static void
random_text_of_pieces(aud_buffer_t *out, size_t pieces)
{
    static const char *const  some[] = {
        "não ", "gostei ", "caro", "!", "? ", ". ", ", ", "\n", "R$ ", "12",
        "x ", "% ", "😡", "❤️", "\xff", "\xe2\x80", "\xe2\x80\x8b", ":)", "mas ",
        "muito ", "quero comprar ", "quanto custa ", "'", "http://", "日本",
        "ﬁ", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "ok", " ", "10 ", "é ", "péssimo ", "desconto ", "\0"
    };

    out->len = 0;

    while (pieces--) {
        aud_buffer_text(out, some[random_below(COUNT(some))]);
    }
}


/* Sentences follow each other, and say which bytes they are. */
static void
test_sentences_of_any_bytes(void **state)
{
    size_t                   at, last;
    aud_str_t                text;
    aud_buffer_t             b = { 0 };
    conversation_sentence_t  s;

    for (int round = 0; round < 2000; round++) {
        random_text_of_pieces(&b, random_below(400));
        text = aud_buffer_str(&b);
        last = 0;

        for (at = 0; conversation_next(text, &at, &s); last = s.to) {
            assert_true(s.n > 1 && s.n <= CONVERSATION_TOKENS);
            assert_int_equal(s.tokens[0].kind, CONVERSATION_BREAK);
            assert_true(s.from >= last && s.from < s.to);
            assert_true(s.to <= at && at <= text.len);
        }

        assert_int_equal(at, text.len);
    }

    aud_buffer_free(&b);
}


/* --- lexicons --------------------------------------------------------------*/

static const char *const  names[] = {
    "spellings", "language", "modifiers", "sentiment", "price", "intention"
};


static void
write_file(const char *dir, const char *name, const char *text)
{
    char   path[256];
    FILE  *f;

    snprintf(path, sizeof(path), "%s/%s.txt", dir, name);
    f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}


/* A folder of lexicons with one language, all files empty but one. */
static void
make_lexicons(char *dir, const char *name, const char *text)
{
    char  language[128];

    strcpy(dir, "/tmp/aud-lexicons-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(language, sizeof(language), "%s/pt", dir);
    assert_int_equal(mkdir(language, 0700), 0);

    write_file(dir, "languages", "# first\npt\n");
    write_file(dir, "emoji", "");

    for (size_t i = 0; i < COUNT(names); i++) {
        write_file(language, names[i], strcmp(names[i], name) ? "" : text);
    }
}


static void
remove_lexicons(const char *dir)
{
    char  command[128];

    snprintf(command, sizeof(command), "rm -r %s", dir);
    assert_int_equal(system(command), 0);
}


static void
refuses(const char *name, const char *text, const char *why)
{
    char           dir[64], expected[320];
    aud_error_t    err = { 0 };
    classifier_t  *c;

    make_lexicons(dir, name, text);
    c = classifier_open(dir, &err);
    snprintf(expected, sizeof(expected), "%s/pt/%s.txt:%s", dir, name, why);
    assert_null(c);
    assert_string_equal(err.text, expected);
    remove_lexicons(dir);
}


static void
test_lexicons_that_are_wrong(void **state)
{
    aud_error_t  err = { 0 };

    refuses("price", "[dear]\n", "1: there is no such group: [dear]");
    refuses("price", "1 caro\n",
            "1: a phrase before the first [group]: 1 caro");
    refuses("price", "# so\n\n[topic]\ncaro\n",
            "4: no weight from 0 to 100 at its beginning: caro");
    refuses("price", "[topic]\n-1 caro\n",
            "2: no weight from 0 to 100 at its beginning: -1");
    refuses("price", "[topic]\n1 muito-caro\n", "2: not one word: muito-caro");
    refuses("price", "[topic]\n1 ca*\n",
            "2: not a stem of three letters or more: ca*");
    refuses("price", "[topic]\n1 .. caro\n",
            "2: a phrase begins or ends with ..");
    refuses("price", "[topic]\n1 a? b?\n", "2: a phrase without a word");
    refuses("price", "[topic]\n1 \xff\n", "2: the line is not UTF-8");
    refuses("price", "[topic]\n1 a b c d e f g h i j k l m\n",
            "2: too many words in a phrase: a b c d e f g h i j k l m");
    refuses("price", "<want> quero\n",
            "1: not \"<name> = words\": <want> quero");
    refuses("spellings", "vc voce\n",
            "1: not \"short form = word\": vc voce");
    refuses("spellings", "vc =\n", "1: nothing behind the =");

    assert_null(classifier_open("/nowhere", &err));
    assert_string_equal(err.text,
                        "/nowhere/languages.txt: No such file or directory");
}


static void
test_a_phrase_that_a_spelling_undoes(void **state)
{
    char           dir[64], path[128];
    aud_error_t    err = { 0 };

    make_lexicons(dir, "spellings", "vc = voce\n");
    snprintf(path, sizeof(path), "%s/pt", dir);
    write_file(path, "price", "[topic]\n1 vc\n");
    assert_null(classifier_open(dir, &err));
    assert_non_null(strstr(err.text, "price.txt:2: spellings.txt undoes this "
                           "word: write it out: vc"));
    remove_lexicons(dir);
}


static void
version_of(const char *text, char *out)
{
    char           dir[64];
    aud_error_t    err;
    classifier_t  *c;

    make_lexicons(dir, "price", text);
    c = classifier_open(dir, &err);
    assert_non_null(c);
    strcpy(out, classifier_version(c));
    classifier_free(c);
    remove_lexicons(dir);
}


static void
test_versions(void **state)
{
    char  a[64], b[64];

    version_of("[topic]\n1 caro\n", a);
    assert_int_equal(strlen(a), strlen("builtin-1-") + 16);
    assert_memory_equal(a, "builtin-1-", 10);

    version_of("# a comment\n\n[topic]\n1 caro  \n", b);
    assert_string_equal(a, b);

    version_of("[topic]\n2 caro\n", b);
    assert_string_not_equal(a, b);
}


/* Every allocation of opening may fail. */
static int  allocations;


static void *
failing_realloc(void *p, size_t size)
{
    return allocations-- > 0 ? realloc(p, size) : NULL;
}


static void
test_opening_out_of_memory(void **state)
{
    int              n;
    char             dir[64];
    aud_error_t      err;
    classifier_t    *c = NULL;
    aud_allocator_t  before = aud_allocator;

    make_lexicons(dir, "price", "<so> = bem, muito\n[topic]\n"
                  "1 <so> caro|cara, preco, val*, <money>\n");
    aud_allocator.realloc = failing_realloc;

    for (n = 0; c == NULL && n < 100; n++) {
        allocations = n;
        c = classifier_open(dir, &err);
    }

    aud_allocator = before;
    assert_true(n > 3 && n < 100);
    classifier_free(c);
    remove_lexicons(dir);
}


/* --- labels ----------------------------------------------------------------*/

typedef struct {
    const char  *messages[6];       /* "A: …" of an agent, "B: …" of a bot */
    const char  *value;                 /* NULL: none */
} case_t;


static size_t
read_case(const case_t *c, classifier_message_t *messages)
{
    size_t       n;
    const char  *text;

    for (n = 0; n < COUNT(c->messages) && c->messages[n]; n++) {
        text = c->messages[n];
        memset(&messages[n], 0, sizeof(messages[n]));
        messages[n].from = CLASSIFIER_CUSTOMER;

        if (text[0] && text[1] == ':') {
            messages[n].from = text[0] == 'A' ? CLASSIFIER_AGENT
                                              : CLASSIFIER_BOT;
            text += 3;
        }

        messages[n].text = aud_str(text, strlen(text));
    }

    return n;
}


static void
gives(const classifier_t *c, classifier_label_t label, const case_t *cases,
    size_t n)
{
    const char            *value;
    classifier_result_t    out[CLASSIFIER_LABELS];
    classifier_message_t   messages[6];

    for (size_t i = 0; i < n; i++) {
        classifier_run(c, scratch, "", messages,
                       read_case(&cases[i], messages), out);
        value = out[label].value;

        if ((value == NULL) != (cases[i].value == NULL)
            || (value && strcmp(value, cases[i].value) != 0))
        {
            fail_msg("\"%s\" is %s, not %s", cases[i].messages[0],
                     value ? value : "none",
                     cases[i].value ? cases[i].value : "none");
        }
    }
}


static void
give(classifier_label_t label, const case_t *cases, size_t n)
{
    gives(shipped, label, cases, n);
}


static void
test_sentiment(void **state)
{
    static const case_t  cases[] = {
        { { "adorei o atendimento" }, "positive" },
        { { "não gostei do atendimento" }, "negative" },
        { { "ADOREIII mtoooo 😍" }, "positive" },
        { { "o pedido chega hoje" }, "neutral" },
        { { "pessimo, nunca mais compro aí" }, "negative" },
        { { "parabéns pela equipe" }, "positive" },
        { { "parabéns, o pedido veio errado de novo, que descaso" },
          "negative" },
        { { "o lugar é lindo, mas o atendimento foi horrível" }, "negative" },
        { { "I loved it, thank you so much" }, "positive" },
        { { "I did not love it, terrible service" }, "negative" },
        { { "me encantó, excelente atención" }, "positive" },
        { { "pésimo servicio, una vergüenza" }, "negative" },
        { { "😡😡" }, "negative" },
        { { "perfeito, pode mandar" }, "neutral" },     /* heard, not felt */
        { { "perfeito o acabamento" }, "positive" },
        { { "não recebi nada ainda???" }, "negative" },
        { { "seria ótimo se abrissem aos domingos" }, "neutral" },
        { { "gostei não" }, "negative" },
        { { "ninguém merece 🙄" }, "negative" },
        { { "nunca vi um atendimento tão bom, adorei" }, "positive" },
        { { "obrigado pela informação" }, "neutral" },
        { { "❤️❤️" }, "positive" },
        { { "" }, "neutral" },
    };

    give(CLASSIFIER_SENTIMENT, cases, COUNT(cases));
}


static void
test_later_messages_weigh_more(void **state)
{
    static const case_t  cases[] = {
        { { "que atendimento horrível", "A: Vamos trocar hoje", "sério?",
            "adorei, vocês são excelentes" }, "positive" },
        { { "adorei, vocês são excelentes", "A: Que bom!", "agora quebrou",
            "que atendimento horrível, péssimo" }, "negative" },
    };

    give(CLASSIFIER_SENTIMENT, cases, COUNT(cases));
}


static void
test_marks_that_were_asked_for(void **state)
{
    static const case_t  cases[] = {
        { { "B: De 0 a 10, que nota você dá?", "10" }, "positive" },
        { { "B: De 0 a 10, que nota você dá?", "1" }, "negative" },
        { { "B: De 1 a 5, que nota você dá?", "5" }, "positive" },
        { { "B: De 0 a 10, que nota você dá?", "5 minutos e já volto aqui" },
          "neutral" },
        { { "B: Quantas pessoas são?", "10" }, "neutral" },
    };

    give(CLASSIFIER_SENTIMENT, cases, COUNT(cases));
}


static void
test_price(void **state)
{
    static const case_t  cases[] = {
        { { "bom dia, vocês abrem amanhã?" }, NULL },
        { { "quanto custa?" }, "insensitive" },
        { { "qto custa vc sabe?" }, "insensitive" },
        { { "é caro?" }, "insensitive" },
        { { "achei muito caro" }, "sensitive" },
        { { "mto caaaaro" }, "sensitive" },
        { { "não achei caro" }, "insensitive" },
        { { "tem desconto à vista?" }, "sensitive" },
        { { "o preço é ótimo, muito barato" }, "insensitive" },
        { { "A: Fica R$ 200", "ok, pode mandar" }, "insensitive" },
        { { "A: Nosso preço está muito caro este mês", "certo" },
          "insensitive" },
        { { "that is way too expensive for me" }, "sensitive" },
        { { "the price is great" }, "insensitive" },
        { { "está carísimo" }, "sensitive" },
        { { "buen precio" }, "insensitive" },
        { { "é 89 o rodízio hoje?" }, "insensitive" },  /* an amount */
        { { "entregam em 89 dias?" }, NULL },           /* of something else */
        { { "nasci em 1989" }, NULL },
        { { "meu pedido é o 88213" }, NULL },
    };

    give(CLASSIFIER_PRICE, cases, COUNT(cases));
}


static void
test_intention(void **state)
{
    static const case_t  cases[] = {
        { { "quero comprar duas camisetas" }, "intent" },
        { { "kero comprar 2 camisetas" }, "intent" },
        { { "não quero comprar nada" }, "other" },
        { { "quero cancelar meu plano" }, "other" },
        { { "A: Posso confirmar a reserva?", "sim" }, "intent" },
        { { "A: Posso confirmar a reserva?", "não" }, "other" },
        { { "A: Tudo bem com o senhor?", "sim" }, "other" },
        { { "A: quero comprar duas camisetas" }, "other" },
        { { "quero comprar a camiseta azul", "A: Fica R$ 90",
            "deixa pra lá, desisti" }, "other" },
        { { "I'd like to book a table" }, "intent" },
        { { "where is my order" }, "other" },
        { { "quiero reservar una mesa" }, "intent" },
        { { "dónde está mi pedido" }, "other" },
        { { "tem desconto à vista?" }, "intent" },      /* who haggles, buys */
        { { "quanto custa a camiseta?", "A: Fica R$ 90", "ok" }, "intent" },
        { { "A: Fica R$ 90", "não" }, "other" },
        { { "quero comprar nada aí, péssimo, um lixo, nunca mais" }, "other" },
    };

    give(CLASSIFIER_INTENTION, cases, COUNT(cases));
}


/* A few words whose weights tell one rule from another. */
static classifier_t *
few_words(char *dir)
{
    char           path[128];
    aud_error_t    err;
    classifier_t  *c;

    make_lexicons(dir, "sentiment",
                  "[positive]\n0.4 bom, 😀\n1 lindo\n"
                  "[negative]\n0.4 ruim\n1 feio, nao volto, raro\n"
                  "[praise]\n3 parabens\n[irony]\n0.5 aham\n");
    snprintf(path, sizeof(path), "%s/pt", dir);
    write_file(path, "modifiers",
               "[negation]\n3 nao\n[intensifier]\n2 muito\n0.4 pouco\n"
               "[contrast]\n1 mas\n[yes]\n1 sim\n[no]\n1 nao\n");
    write_file(path, "price", "[topic]\n1 preco\n[sensitive]\n1 caro\n");
    write_file(path, "intention", "[intent]\n0.7 quero\n0.45 talvez\n"
               "[offer]\n1 posso\n");

    c = classifier_open(dir, &err);
    assert_non_null(c);

    return c;
}


static void
test_rules_of_sentiment(void **state)
{
    char           dir[64];
    classifier_t  *c = few_words(dir);

    static const case_t  cases[] = {
        { { "bom" }, "neutral" },
        { { "muito bom" }, "positive" },
        { { "bom muito" }, "positive" },
        { { "lindo" }, "positive" },
        { { "pouco lindo" }, "neutral" },
        { { "BOM" }, "positive" },
        { { "booooom" }, "positive" },
        { { "😀" }, "neutral" },
        { { "😀😀😀" }, "positive" },
        { { "lindo mas ruim" }, "neutral" },
        { { "lindo, aham" }, "negative" },
        { { "parabens" }, "positive" },
        { { "parabens, feio" }, "negative" },
        { { "nao volto lindo" }, "neutral" },       /* its "nao" is its own */
        { { "nao lindo" }, "negative" },
        { { "lindo", "ok", "ok", "ok", "ok", "ok" }, "neutral" },
    };

    gives(c, CLASSIFIER_SENTIMENT, cases, COUNT(cases));
    classifier_free(c);
    remove_lexicons(dir);
}


static void
test_rules_of_intention_and_price(void **state)
{
    char           dir[64];
    classifier_t  *c = few_words(dir);

    static const case_t  intentions[] = {
        { { "talvez" }, "other" },
        { { "quero", "A: posso?", "nao, quero" }, "other" },
        { { "quero", "A: ok?", "nao, quero" }, "intent" },
        { { "A: preco", "sim, talvez" }, "intent" },
        { { "A: preco", "nao, quero" }, "other" },
    };

    static const case_t  prices[] = {
        { { "caro" }, "sensitive" },
        { { "nao caro. caro" }, "insensitive" },
    };

    gives(c, CLASSIFIER_INTENTION, intentions, COUNT(intentions));
    gives(c, CLASSIFIER_PRICE, prices, COUNT(prices));
    classifier_free(c);
    remove_lexicons(dir);
}


static void
test_evidence_fades_too(void **state)
{
    char                   dir[64];
    classifier_t          *c = few_words(dir);
    const case_t           old = { { "feio feio", "ok", "ok", "ok", "ok",
                                     "feio" }, NULL };
    classifier_result_t    out[CLASSIFIER_LABELS];
    classifier_message_t   messages[6];

    classifier_run(c, scratch, "pt", messages, read_case(&old, messages), out);
    assert_int_equal(out[CLASSIFIER_SENTIMENT].message, 5);
    classifier_free(c);
    remove_lexicons(dir);
}


static void
test_letters_tell_the_language(void **state)
{
    char           dir[64], path[128];
    aud_error_t    err;
    classifier_t  *c = few_words(dir);

    static const case_t  cases[] = {
        { { "raro" }, "negative" },
        { { "raro ñoño" }, "positive" },
    };

    classifier_free(c);
    write_file(dir, "languages", "pt\nes\n");
    snprintf(path, sizeof(path), "%s/es", dir);
    assert_int_equal(mkdir(path, 0700), 0);

    for (size_t i = 0; i < COUNT(names); i++) {
        write_file(path, names[i], strcmp(names[i], "language") == 0
                   ? "1 ñ\n" : strcmp(names[i], "sentiment") == 0
                   ? "[positive]\n1 raro\n" : "");
    }

    c = classifier_open(dir, &err);
    assert_non_null(c);
    gives(c, CLASSIFIER_SENTIMENT, cases, COUNT(cases));
    classifier_free(c);
    remove_lexicons(dir);
}


static const char *
sentiment_of(const char *language, const char *text)
{
    classifier_result_t    out[CLASSIFIER_LABELS];
    classifier_message_t   message = { .text = aud_str(text, strlen(text)) };

    classifier_run(shipped, scratch, language, &message, 1, out);

    return out[CLASSIFIER_SENTIMENT].value;
}


/* "exquisito" is delicious in Spanish, and a stranger in Portuguese. */
static void
test_languages(void **state)
{
    assert_string_equal(sentiment_of("es", "exquisito"), "positive");
    assert_string_equal(sentiment_of("es-MX", "exquisito"), "positive");
    assert_string_equal(sentiment_of("pt", "exquisito"), "neutral");
    assert_string_equal(sentiment_of("", "todo muy exquisito, señor"),
                        "positive");
    assert_string_equal(sentiment_of("tlh", "what a terrible day it was"),
                        "negative");
}


/* What docs/enrichment.md tells of texts that lexicons were not tuned on. */
static void
test_as_good_as_it_was(void **state)
{
    size_t                 table[CLASSES][CLASSES];
    classifier_label_t     label;

    static const double  least[CLASSIFIER_LABELS] = { 0.80, 0.80, 0.75 };

    read_all("bench/enrichment/judge.ndjson");
    assert_true(nall >= 300);
    classify(shipped, 0);

    for (label = 0; label < CLASSIFIER_LABELS; label++) {
        table_of(label, 0, table);
        assert_true(macro_f1(table, classes[label][2] ? 3 : 2) >= least[label]);
    }

    for (size_t i = 0; i < nall; i++) {
        json_decref(all[i].json);
        free(all[i].messages);
    }

    free(all);
}


static void
test_the_sentence_that_shows_it(void **state)
{
    aud_str_t              shown;
    const case_t           c = { { "Oi, tudo bem?",
                                   "A: Achei péssimo também",
                                   "Bom dia.  Achei péssimo o serviço! 😡 Até"
                                 }, NULL };
    classifier_result_t    out[CLASSIFIER_LABELS];
    classifier_message_t   messages[6];
    classifier_result_t   *r = &out[CLASSIFIER_SENTIMENT];

    classifier_run(shipped, scratch, "pt-BR", messages,
                   read_case(&c, messages), out);

    assert_string_equal(r->value, "negative");
    assert_int_equal(r->message, 2);
    shown = aud_str(messages[2].text.data + r->from, r->to - r->from);
    assert_true(aud_str_equal(shown, AUD_STR("Achei péssimo o serviço! 😡")));
    assert_true(r->confidence > 0.5 && r->confidence <= 1);

    assert_int_equal(out[CLASSIFIER_PRICE].message, CLASSIFIER_NOWHERE);
}


static void
is_within(const classifier_result_t *r, const classifier_message_t *messages,
    size_t n)
{
    aud_str_t  text;

    assert_true(r->confidence >= 0 && r->confidence <= 1);

    if (r->message == CLASSIFIER_NOWHERE) {
        return;
    }

    assert_true(r->message < n);
    text = messages[r->message].text;
    assert_true(r->from < r->to && r->to <= text.len);

    if (aud_utf8_valid(text) == text.len) {
        assert_int_equal(aud_utf8_valid(aud_str(text.data, r->from)), r->from);
        assert_int_equal(aud_utf8_valid(aud_str(text.data, r->to)), r->to);
    }
}


/* Any bytes, from anybody: what comes out points into the messages, and does
 * not depend on what the scratch held. */
static void
test_any_bytes(void **state)
{
    size_t                 i, n;
    aud_buffer_t           texts[8] = { { 0 } };
    classifier_result_t    out[CLASSIFIER_LABELS], again[CLASSIFIER_LABELS];
    classifier_message_t   messages[8] = { { 0 } };
    classifier_scratch_t  *fresh;

    for (int round = 0; round < 500; round++) {
        n = random_below(9);

        for (i = 0; i < n; i++) {
            random_text_of_pieces(&texts[i], random_below(60));
            messages[i].from = random_below(3);
            messages[i].text = aud_buffer_str(&texts[i]);
        }

        fresh = classifier_scratch_create();
        classifier_run(shipped, scratch, "", messages, n, out);
        classifier_run(shipped, fresh, "", messages, n, again);
        classifier_scratch_free(fresh);

        for (i = 0; i < CLASSIFIER_LABELS; i++) {
            is_within(&out[i], messages, n);
            assert_ptr_equal(out[i].value, again[i].value);
            assert_true(out[i].confidence == again[i].confidence);
            assert_int_equal(out[i].message, again[i].message);
            assert_int_equal(out[i].from, again[i].from);
        }
    }

    for (i = 0; i < COUNT(texts); i++) {
        aud_buffer_free(&texts[i]);
    }
}


/* 10,000 messages and 5 MB of one text, made to be slow. */
static void
test_much_text(void **state)
{
    size_t                 i, n = 10000;
    aud_buffer_t           b = { 0 };
    classifier_result_t    out[CLASSIFIER_LABELS];
    classifier_message_t  *messages = calloc(n, sizeof(*messages));

    for (i = 0; i < n; i++) {
        messages[i].text = AUD_STR("não gostei mas quero comprar, caro 😡");
    }

    classifier_run(shipped, scratch, "", messages, n, out);
    assert_string_equal(out[CLASSIFIER_PRICE].value, "sensitive");
    assert_int_equal(out[CLASSIFIER_SENTIMENT].message, n - 1);

    while (b.len < 5000000) {
        aud_buffer_text(&b, "nao bom mas seria muito caro mas ");
    }

    messages[0].text = aud_buffer_str(&b);
    classifier_run(shipped, scratch, "", messages, 1, out);
    is_within(&out[CLASSIFIER_PRICE], messages, 1);

    aud_buffer_free(&b);
    free(messages);
}


static void
test_nothing_is_allocated(void **state)
{
    aud_allocator_t        before = aud_allocator;
    classifier_result_t    out[CLASSIFIER_LABELS];
    classifier_message_t   message = { .text = AUD_STR("Adorei 😍 日本 ﬁ caro") };

    allocations = 0;
    aud_allocator.realloc = failing_realloc;
    classifier_run(shipped, scratch, "", &message, 1, out);
    aud_allocator = before;

    assert_int_equal(allocations, 0);
    assert_string_equal(out[CLASSIFIER_SENTIMENT].value, "positive");
}


static int
open_shipped(void **state)
{
    aud_error_t  err = { 0 };

    shipped = classifier_open("conf/lexicons", &err);
    scratch = classifier_scratch_create();

    if (shipped == NULL) {
        print_error("%s\n", err.text);
    }

    return shipped && scratch ? 0 : -1;
}


static int
close_shipped(void **state)
{
    classifier_free(shipped);
    classifier_scratch_free(scratch);

    return 0;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_words_and_sentences),
        cmocka_unit_test(test_emoji_and_emoticons),
        cmocka_unit_test(test_kinds_of_numbers),
        cmocka_unit_test(test_sentences_of_any_bytes),
        cmocka_unit_test(test_lexicons_that_are_wrong),
        cmocka_unit_test(test_a_phrase_that_a_spelling_undoes),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_opening_out_of_memory),
        cmocka_unit_test(test_sentiment),
        cmocka_unit_test(test_later_messages_weigh_more),
        cmocka_unit_test(test_marks_that_were_asked_for),
        cmocka_unit_test(test_price),
        cmocka_unit_test(test_intention),
        cmocka_unit_test(test_rules_of_sentiment),
        cmocka_unit_test(test_rules_of_intention_and_price),
        cmocka_unit_test(test_evidence_fades_too),
        cmocka_unit_test(test_letters_tell_the_language),
        cmocka_unit_test(test_languages),
        cmocka_unit_test(test_as_good_as_it_was),
        cmocka_unit_test(test_the_sentence_that_shows_it),
        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_much_text),
        cmocka_unit_test(test_nothing_is_allocated),
    };

    return cmocka_run_group_tests(tests, open_shipped, close_shipped);
}
