/*
 * generate ROWS [FIRST [SEED [AGAIN]]] writes a CRM export to standard output:
 * contacts of a Brazilian brand, 21 columns, separated by semicolons.
 *
 * Row i depends on SEED and i alone, so that any cut of the same contacts is
 * reproducible: `generate 50000 0`, `generate 50000 50000` … are the parts of
 * `generate 1000000`.  Everybody belongs to one of six hidden groups, which
 * bend the chances of what they like, own and do; cities and words follow
 * Zipf's law; 5 to 30 % of the cells of a behaviour are empty.
 *
 * AGAIN percent of the rows are about somebody of an earlier row: the same name,
 * and one of phone, tax document and e-mail the same.  The other two are new or,
 * as people have one, no document.
 */

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS  6
#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))


typedef struct {
    uint64_t  state;
} dice_t;

enum { PHONE, DOCUMENT, MAIL, NEW };


static const char *const  first_names[] = {
    "Ana", "João", "Maria", "José", "Antônio", "Francisca", "Carlos", "Paulo",
    "Adriana", "Lucas", "Luiz", "Márcia", "Gabriel", "Patrícia", "Marcos",
    "Juliana", "Rafael", "Fernanda", "Daniel", "Aline", "Bruno", "Letícia",
    "Eduardo", "Camila", "Felipe", "Amanda", "Rodrigo", "Bruna", "Manoel",
    "Jéssica", "Thiago", "Vitória", "Leandro", "Beatriz", "Fábio", "Larissa"
};

static const char *const  last_names[] = {
    "Silva", "Santos", "Oliveira", "Souza", "Rodrigues", "Ferreira", "Alves",
    "Pereira", "Lima", "Gomes", "Costa", "Ribeiro", "Martins", "Carvalho",
    "Almeida", "Lopes", "Soares", "Fernandes", "Vieira", "Barbosa", "Rocha",
    "Dias", "Nascimento", "Andrade", "Moreira", "Nunes", "Marques", "Machado",
    "Mendes", "Freitas", "Cardoso", "Ramos", "Gonçalves", "Araújo", "Conceição"
};

static const struct {
    const char  *name;
    int          area;
} cities[] = {
    { "São Paulo", 11 }, { "Rio de Janeiro", 21 }, { "Brasília", 61 },
    { "Salvador", 71 }, { "Fortaleza", 85 }, { "Belo Horizonte", 31 },
    { "Manaus", 92 }, { "Curitiba", 41 }, { "Recife", 81 }, { "Goiânia", 62 },
    { "Belém", 91 }, { "Porto Alegre", 51 }, { "Guarulhos", 11 },
    { "Campinas", 19 }, { "São Luís", 98 }, { "Maceió", 82 },
    { "Campo Grande", 67 }, { "São Gonçalo", 21 }, { "Teresina", 86 },
    { "João Pessoa", 83 }, { "Natal", 84 }, { "Uberlândia", 34 },
    { "Ribeirão Preto", 16 }, { "Sorocaba", 15 }, { "Aracaju", 79 },
    { "Cuiabá", 65 }, { "Joinville", 47 }, { "Londrina", 43 },
    { "Juiz de Fora", 32 }, { "Niterói", 21 }, { "Florianópolis", 48 },
    { "Vitória", 27 }, { "Caxias do Sul", 54 }, { "Macapá", 96 },
    { "Porto Velho", 69 }, { "Rio Branco", 68 }, { "Boa Vista", 95 },
    { "Palmas", 63 }, { "Pelotas", 53 }, { "Petrolina", 87 }
};

static const char *const  teams[] = {
    "Flamengo", "Corinthians", "São Paulo", "Palmeiras", "Vasco", "Cruzeiro",
    "Grêmio", "Atlético Mineiro", "Internacional", "Santos", "Bahia",
    "Botafogo", "Fluminense", "Sport", "Vitória", "Ceará", "Fortaleza",
    "Athletico", "Coritiba", "Remo"
};

static const char *const  streets[] = {
    "Rua das Flores", "Rua Sete de Setembro", "Avenida Brasil",
    "Rua São João", "Avenida Getúlio Vargas", "Rua Tiradentes",
    "Rua Quinze de Novembro", "Avenida Paulista", "Rua da Conceição",
    "Travessa do Comércio", "Rua José Bonifácio", "Alameda dos Ipês"
};

static const char *const  plans[] = { "Básico", "Prata", "Ouro", "Platina" };
static const char *const  origins[] = {
    "CRM Marketing", "Site", "Instagram", "Indicação", "Loja", "Evento"
};
static const char *const  states[] = {
    "Não é Cliente", "Qualificado Vendas", "Cliente", "Ex-cliente", "Em análise"
};
static const char *const  channels[] = {
    "WhatsApp", "E-mail", "Telefone", "Instagram", "Loja física"
};
static const char *const  sharing[] = { "Concordo", "Não concordo" };
static const char *const  tags[] = {
    "vip", "promo", "frete", "cupom", "volta às aulas", "natal", "black friday",
    "aniversário", "novidade", "atacado"
};
static const char *const  words[] = {
    "pediu", "desconto", "gostou", "do", "produto", "entrega", "atrasou",
    "quer", "trocar", "ligar", "amanhã", "preço", "alto", "ótimo",
    "atendimento", "não", "respondeu", "promoção", "cartão", "à", "vista",
    "coração", "família", "presente", "reclamação", "elogio", "orçamento"
};


static uint64_t
mix(uint64_t x)                     /* splitmix64, Steele and others 2014 */
{
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;

    return x ^ (x >> 31);
}


static uint32_t
roll(dice_t *d, uint32_t sides)
{
    d->state = mix(d->state);

    return (uint32_t) (((d->state >> 32) * sides) >> 32);
}


/* 0 .. sides - 1 with chances that fall about as 1 / (n + 1): Zipf's law. */

static uint32_t
zipf(dice_t *d, uint32_t sides)
{
    double    u = roll(d, 1 << 24) / (double) (1 << 24);
    uint32_t  n = (uint32_t) (pow(sides + 1, u) - 1);

    return n < sides ? n : sides - 1;
}


/* One of n, to which the group gives a likely value of its own. */

static const char *
of_group(dice_t *d, const char *const *of, uint32_t n, uint32_t group,
    uint32_t percent)
{
    if (roll(d, 100) < percent) {
        return of[group % n];
    }

    return of[zipf(d, n)];
}


static int
gap(dice_t *d, uint32_t percent)
{
    return roll(d, 100) < percent;
}


/* An optional cell: a separator, then text unless this row has a gap. */

static void
cell(dice_t *d, uint32_t gaps, const char *text)
{
    putchar(';');

    if (!gap(d, gaps)) {
        fputs(text, stdout);
    }
}


static void
dice_of(dice_t *d, uint64_t seed, uint64_t row)
{
    d->state = mix(seed << 32) ^ mix(row);
}


/* The row that was the first about the person of row i: i itself, or one before
 * it, and by what the two are known to be one person. */

static uint64_t
person_of(uint64_t i, uint64_t seed, uint32_t again, int *by)
{
    int       step;
    dice_t    d;
    uint64_t  person;

    for (person = i, *by = NEW; person; ) {
        dice_of(&d, ~seed, person);
        step = roll(&d, 100) < again ? (int) roll(&d, NEW) : NEW;

        if (step == NEW) {
            break;
        }

        *by = person == i ? step : *by;
        person = mix(d.state) % person;
    }

    return person;
}


/* Row i, which is about the person of row `person`; d: that row's. */

static void
identity(dice_t *d, uint64_t i, uint64_t person, int by)
{
    int          c, check[2], digits[11], no_mail, no_document;
    char         mail[128], *p;
    uint64_t     number;
    uint32_t     first, last, city, k;
    const char  *q;

    first = zipf(d, COUNT(first_names));
    last = zipf(d, COUNT(last_names));
    city = zipf(d, COUNT(cities));
    no_mail = gap(d, 10);
    no_document = gap(d, 15);

    if ((by == MAIL && no_mail) || (by == DOCUMENT && no_document)) {
        by = PHONE;
    }

    no_document |= by == PHONE || by == MAIL;
    number = by == PHONE ? person : i;

    /* 8 digits by a bijection, so that no two rows share a number */
    printf("+55%02d9%08llu;", cities[city].area,
           (unsigned long long) (number * 71234567 % 100000000));

    snprintf(mail, sizeof(mail), "%s.%s", first_names[first],
             last_names[last]);
    for (q = mail, p = mail; *q; q++) {
        if ((unsigned char) *q < 0x80) {
            *p++ = *q | 0x20;
        }
    }
    *p = '\0';

    if (no_mail) {
        putchar(';');
    } else {
        number = by == MAIL ? person : i;
        printf("%s%llu@example.com;", mail, (unsigned long long) number);
    }

    for (k = 0; k < 9; k++) {
        digits[k] = person * 7654321 % 1000000000 / (uint64_t) pow(10, 8 - k)
                    % 10;
    }

    for (c = 0; c < 2; c++) {
        check[c] = 0;

        for (k = 0; k < 9u + c; k++) {
            check[c] += digits[k] * (10 + c - (int) k);
        }

        check[c] = check[c] * 10 % 11 % 10;
        digits[9 + c] = check[c];
    }

    if (!no_document) {
        for (k = 0; k < 11; k++) {
            putchar('0' + digits[k]);
        }
    }

    printf(";%s %s;%s;%s %u", first_names[first], last_names[last],
           cities[city].name, streets[zipf(d, COUNT(streets))],
           1 + roll(d, 1999));
}


static void
behaviours(dice_t *d)
{
    char      text[256];
    uint32_t  group, age, n, k;

    group = zipf(d, GROUPS);
    age = 18 + group * 8 + roll(d, 14);

    printf(";%s", gap(d, 4) ? "não" : "sim");
    snprintf(text, sizeof(text), "%u", age);
    cell(d, 8, text);
    cell(d, 10, of_group(d, teams, COUNT(teams), group * 3, 60));
    cell(d, 20, roll(d, 100) < 30 + 12 * group ? "Sim" : "Não");
    cell(d, 12, of_group(d, plans, COUNT(plans), group, 55));
    cell(d, 5, of_group(d, origins, COUNT(origins), group, 50));
    cell(d, 7, of_group(d, states, COUNT(states), group + 2, 45));
    cell(d, 9, of_group(d, channels, COUNT(channels), group, 50));
    cell(d, 28, sharing[roll(d, 100) < 25]);

    snprintf(text, sizeof(text), "%02u/%02u/%u", 1 + roll(d, 28),
             1 + roll(d, 12), 2023 + zipf(d, 3));
    cell(d, 18, text);
    snprintf(text, sizeof(text), "%u-%02u-%02u", age > 60 ? 1950 : 2024 - age,
             1 + roll(d, 12), 1 + roll(d, 28));
    cell(d, 25, text);

    snprintf(text, sizeof(text), "%u,%02u", 40 + group * 90 + roll(d, 2400),
             roll(d, 100));
    cell(d, 22, text);
    snprintf(text, sizeof(text), "%u", zipf(d, 20000));
    cell(d, 10, text);
    cell(d, 30, of_group(d, tags, COUNT(tags), group, 40));

    text[0] = '\0';
    for (k = 0, n = 1 + roll(d, 4); k < n; k++) {
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
                 k ? " " : "", words[zipf(d, COUNT(words))]);
    }
    cell(d, 30, text);
}


int
main(int argc, char **argv)
{
    int       by;
    dice_t    d;
    uint32_t  again;
    uint64_t  rows, first, seed, i, person;

    if (argc < 2) {
        fputs("usage: generate ROWS [FIRST [SEED [AGAIN]]]\n", stderr);
        return 2;
    }

    rows = strtoull(argv[1], NULL, 10);
    first = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    again = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;

    puts("phoneNumber;email;taxDocument;name;city;address;Opt-in;idade;"
         "time do coração;gosta de futebol?;plano;Origem do Lead;"
         "Status do Lead;Canal da última interação;"
         "Compartilhamento dos meus dados;última compra;nascimento;"
         "ticket médio;pontos;tag;observação");

    for (i = first; i < first + rows; i++) {
        person = person_of(i, seed, again, &by);
        dice_of(&d, seed, person);
        identity(&d, i, person, by);

        if (person != i) {
            dice_of(&d, seed, i);
        }

        behaviours(&d);
        putchar('\n');
    }

    return ferror(stdout) ? 1 : 0;
}
