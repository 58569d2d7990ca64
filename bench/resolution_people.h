/*
 * People with known truth, and the rows that channels know of them.
 *
 * Made-up Brazilians in households and companies.  What makes resolving them
 * hard is in the table `chances` below: families that share a phone or a
 * mailbox, numbers that were given up and given to others, people who moved on
 * to another number or mailbox, married names, slips of the pen, documents of
 * colleagues (a company's CNPJ) or of a parent, and fillers such as nao@tem.com
 * or a document that passes its check and is nobody's.
 *
 * Everything depends on the seed alone.
 */

#ifndef RESOLUTION_PEOPLE_H
#define RESOLUTION_PEOPLE_H

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))

typedef struct {
    uint32_t  person;
    char      document[24];
    char      phone[32];
    char      email[80];
    char      name[96];
} people_row_t;

typedef struct {                    /* per thousand */
    unsigned  shared_phone;         /* households with one phone for all */
    unsigned  shared_email;
    unsigned  new_phone;            /* people who got another number */
    unsigned  recycled;             /* of those: somebody has the old one */
    unsigned  new_email;
    unsigned  company;              /* people known by their employer */
    unsigned  married;              /* women with another family name since */
    unsigned  parents_document;     /* rows of young people */
    unsigned  name_slip;
    unsigned  nickname;
    unsigned  phone_slip;
    unsigned  document_slip;
    unsigned  email_slip;
    unsigned  old_form;             /* mobile phones without the ninth digit */
    unsigned  filler_document;
    unsigned  filler_phone;
    unsigned  filler_email;
} people_chances_t;

static const people_chances_t  people_chances = {
    .shared_phone = 250, .shared_email = 60, .new_phone = 200, .recycled = 200,
    .new_email = 150, .company = 20, .married = 60, .parents_document = 5,
    .name_slip = 60, .nickname = 30, .phone_slip = 8, .document_slip = 15,
    .email_slip = 10, .old_form = 80, .filler_document = 3, .filler_phone = 4,
    .filler_email = 10
};

typedef struct {
    char      given[16], second[16], family[2][16], married[16];
    unsigned  woman:1, has_second:1, is_married:1, shares_phone:1;
    unsigned  shares_email:1;
    uint64_t  cpf;
    char      phones[2][12];        /* national digits; the second is newer */
    char      emails[2][64];
    char      work_document[16], work_phone[12];    /* "" unless a company's */
    char      home_phone[12], home_email[64];
    uint64_t  parents_cpf;
} people_person_t;

static const char *const  people_women[] = {
    "Ana", "Maria", "Adriana", "Juliana", "Márcia", "Fernanda", "Patrícia",
    "Aline", "Sandra", "Camila", "Amanda", "Bruna", "Jéssica", "Letícia",
    "Júlia", "Luciana", "Vanessa", "Mariana", "Gabriela", "Vera", "Vitória",
    "Larissa", "Cláudia", "Beatriz", "Luana", "Rita", "Sônia", "Renata",
    "Eliane", "Josefa", "Simone", "Natália", "Cristiane", "Carla", "Débora",
    "Rosângela", "Raquel", "Rafaela", "Daniela", "Paula", "Helena", "Alice",
    "Laura", "Lúcia", "Tereza", "Rosa", "Marta", "Elisa", "Joana", "Lorena"
};

static const char *const  people_men[] = {
    "José", "João", "Antônio", "Francisco", "Carlos", "Paulo", "Pedro",
    "Lucas", "Luiz", "Marcos", "Luís", "Gabriel", "Rafael", "Daniel",
    "Marcelo", "Bruno", "Eduardo", "Felipe", "Raimundo", "Rodrigo", "Manoel",
    "Mateus", "André", "Fernando", "Fábio", "Leonardo", "Gustavo",
    "Guilherme", "Leandro", "Tiago", "Thiago", "Anderson", "Ricardo", "Márcio",
    "Jorge", "Sebastião", "Alexandre", "Roberto", "Edson", "Diego", "Vítor",
    "Sérgio", "Cláudio", "Matheus", "Mário", "Hugo", "Caio", "Ivan", "Otávio",
    "Renato"
};

static const char *const  people_families[] = {
    "Silva", "Santos", "Oliveira", "Souza", "Rodrigues", "Ferreira", "Alves",
    "Pereira", "Lima", "Gomes", "Costa", "Ribeiro", "Martins", "Carvalho",
    "Almeida", "Lopes", "Soares", "Fernandes", "Vieira", "Barbosa", "Rocha",
    "Dias", "Nascimento", "Andrade", "Moreira", "Nunes", "Marques", "Machado",
    "Mendes", "Freitas", "Cardoso", "Ramos", "Gonçalves", "Araújo", "Teixeira",
    "Conceição", "Moura", "Castro", "Campos", "Reis", "Pinto", "Correia",
    "Batista", "Melo", "Cavalcante", "Monteiro", "Borges", "Azevedo", "Farias",
    "Barros", "Miranda", "Cunha", "Duarte", "Guimarães", "Rezende", "Braga",
    "Antunes", "Peixoto", "Viana", "Siqueira", "Amaral", "Coelho", "Xavier",
    "Macedo", "Torres", "Tavares", "Bezerra", "Brito", "Sales", "Neves"
};

static const char *const  people_providers[] = {
    "gmail.com", "gmail.com", "gmail.com", "hotmail.com", "hotmail.com",
    "outlook.com", "yahoo.com.br", "uol.com.br", "bol.com.br", "icloud.com"
};

static uint64_t  people_state;


static uint64_t
people_u64(void)                    /* splitmix64, Steele and others 2014 */
{
    uint64_t  x = people_state += 0x9e3779b97f4a7c15;

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;

    return x ^ (x >> 31);
}


static uint32_t
people_below(uint32_t n)
{
    return (uint32_t) (((people_u64() >> 32) * n) >> 32);
}


static int
people_chance(unsigned per_thousand)
{
    return people_below(1000) < per_thousand;
}


/* The first ones are the more frequent: the lesser of two draws. */
static const char *
people_pick(const char *const *list, uint32_t n)
{
    uint32_t  a = people_below(n), b = people_below(n);

    return list[a < b ? a : b];
}


static uint64_t
people_cpf(void)
{
    int       digits[11], sum;
    uint64_t  cpf = 0;

    for (int i = 0; i < 9; i++) {
        digits[i] = people_below(10);
    }

    for (int c = 9; c < 11; c++) {
        sum = 0;

        for (int i = 0; i < c; i++) {
            sum += digits[i] * (c + 1 - i);
        }

        digits[c] = sum * 10 % 11 % 10;
    }

    for (int i = 0; i < 11; i++) {
        cpf = cpf * 10 + digits[i];
    }

    return cpf;
}


static void
people_cnpj(char out[16])
{
    int  sum, weight;

    for (int i = 0; i < 8; i++) {
        out[i] = '0' + people_below(10);
    }

    memcpy(out + 8, "0001", 4);

    for (int c = 12; c < 14; c++) {
        sum = 0;
        weight = 2;

        for (int i = c - 1; i >= 0; i--) {
            sum += (out[i] - '0') * weight;
            weight = weight == 9 ? 2 : weight + 1;
        }

        out[c] = '0' + (sum % 11 < 2 ? 0 : 11 - sum % 11);
    }

    out[14] = '\0';
}


static void
people_mobile(char out[12])
{
    static const int  areas[] = { 11, 11, 11, 21, 21, 31, 41, 51, 61, 71, 81,
                                  85, 19, 62, 92 };

    snprintf(out, 12, "%d9%u%07u", areas[people_below(COUNT(areas))],
             6 + people_below(4), people_below(10000000));
}


static void
people_landline(char out[12])
{
    people_mobile(out);
    snprintf(out + 2, 10, "%u%07u", 2 + people_below(4),
             people_below(10000000));
}


/* Letters without accents, in lower case. */
static void
people_plain(char *out, const char *name)
{
    static const char *const  accents[][2] = {
        { "á", "a" }, { "â", "a" }, { "ã", "a" }, { "à", "a" }, { "é", "e" },
        { "ê", "e" }, { "í", "i" }, { "ó", "o" }, { "ô", "o" }, { "õ", "o" },
        { "ú", "u" }, { "ç", "c" }, { "Á", "a" }, { "É", "e" }, { "Í", "i" }
    };

    size_t  i;

    while (*name) {
        for (i = 0; i < COUNT(accents); i++) {
            if (strncmp(name, accents[i][0], 2) == 0) {
                *out++ = accents[i][1][0];
                name += 2;
                break;
            }
        }

        if (i == COUNT(accents)) {
            *out++ = (char) tolower((unsigned char) *name++);
        }
    }

    *out = '\0';
}


static void
people_email(char out[64], const people_person_t *p)
{
    char  given[32], family[32];

    people_plain(given, p->given);
    people_plain(family, p->family[1]);
    snprintf(out, 64, people_below(2) ? "%s.%s%u@%s" : "%s%s%u@%s", given,
             family, people_below(people_below(4) ? 99999 : 99),
             people_providers[people_below(COUNT(people_providers))]);
}


static void
people_one(people_person_t *p, const char *family)
{
    memset(p, 0, sizeof(*p));
    p->woman = people_below(2);
    snprintf(p->given, 16, "%s",
             p->woman ? people_pick(people_women, COUNT(people_women))
                      : people_pick(people_men, COUNT(people_men)));
    p->has_second = people_chance(350);
    snprintf(p->second, 16, "%s",
             p->woman ? people_pick(people_women, COUNT(people_women))
                      : people_pick(people_men, COUNT(people_men)));
    snprintf(p->family[0], 16, "%s",
             people_pick(people_families, COUNT(people_families)));
    snprintf(p->family[1], 16, "%s", family);
    snprintf(p->married, 16, "%s",
             people_pick(people_families, COUNT(people_families)));
    p->is_married = p->woman && people_chance(people_chances.married);
    p->cpf = people_cpf();
    people_mobile(p->phones[0]);
    memcpy(p->phones[1], p->phones[0], sizeof(p->phones[0]));
    people_email(p->emails[0], p);
    memcpy(p->emails[1], p->emails[0], sizeof(p->emails[0]));

    if (people_chance(people_chances.new_phone)) {
        people_mobile(p->phones[1]);
    }

    if (people_chance(people_chances.new_email)) {
        people_email(p->emails[1], p);
    }
}


/* Households of one to five; then companies, and numbers that come back. */
static people_person_t *
people_make(uint32_t n, uint64_t seed)
{
    char              phone[12], document[16], switchboard[12];
    int               share_phone, share_email;
    uint32_t          i, k, size;
    const char       *family;
    people_person_t  *people = calloc(n + 8, sizeof(people_person_t)), *p;

    people_state = seed;

    for (i = 0; i < n; i += size) {
        size = 1 + people_below(2) + people_below(4) * people_below(2);
        family = people_pick(people_families, COUNT(people_families));
        share_phone = people_chance(people_chances.shared_phone);
        share_email = people_chance(people_chances.shared_email);
        people_landline(phone);

        for (k = i; k < i + size && k < n; k++) {
            p = &people[k];
            people_one(p, people_chance(800) ? family
                          : people_pick(people_families,
                                        COUNT(people_families)));
            p->shares_phone = share_phone;
            p->shares_email = share_email;
            memcpy(p->home_phone, people_below(2) ? phone
                                  : people[i].phones[0], 12);
            memcpy(p->home_email, people[i].emails[0], 64);
            p->parents_cpf = k > i + 1 ? people[i].cpf : 0;
        }
    }

    for (i = 0; i < n; i += 2000 / people_chances.company * size) {
        size = 2 + people_below(12);
        people_cnpj(document);
        people_landline(switchboard);

        for (k = i; k < i + size && k < n; k++) {
            memcpy(people[k].work_document, document, 16);
            memcpy(people[k].work_phone, switchboard, 12);
        }
    }

    for (i = 0; i < n; i++) {
        p = &people[people_below(n)];

        if (strcmp(people[i].phones[0], people[i].phones[1]) != 0
            && people_chance(people_chances.recycled) && p != &people[i])
        {
            memcpy(p->phones[1], people[i].phones[0], 12);
        }
    }

    return people;
}


/* One letter wrong, missing, twice, or two swapped; not within UTF-8. */
static void
people_slip(char *text)
{
    char    swap;
    size_t  len = strlen(text), i = 1 + people_below(len > 2 ? len - 2 : 1);

    if (len < 4 || (text[i] & 0x80) || (text[i + 1] & 0x80)) {
        return;
    }

    switch (people_below(4)) {
    case 0:
        text[i] = 'a' + people_below(26);
        break;
    case 1:
        memmove(text + i, text + i + 1, len - i);
        break;
    case 2:
        swap = text[i];
        text[i] = text[i + 1];
        text[i + 1] = swap;
        break;
    default:
        memmove(text + i + 1, text + i, len - i + 1);
    }
}


static void
people_write_name(char out[96], const people_person_t *p, int newer)
{
    char         given[20], text[96];
    const char  *family = newer && p->is_married ? p->married : p->family[1];

    snprintf(given, sizeof(given), "%s", p->given);

    if (people_chance(people_chances.nickname)) {
        given[3 + (given[2] & 0x80 ? 1 : 0)] = '\0';
    }

    switch (people_below(10)) {
    case 0:
        snprintf(text, sizeof(text), "%s", given);
        break;
    case 1:
    case 2:
    case 3:
        snprintf(text, sizeof(text), "%s %s", given, family);
        break;
    case 4:
        snprintf(text, sizeof(text), "%s %c. %s", given, p->family[0][0],
                 family);
        break;
    case 5:
        snprintf(text, sizeof(text), "%s, %s", family, given);
        break;
    default:
        snprintf(text, sizeof(text), "%s%s%s %s%s %s", given,
                 p->has_second ? " " : "", p->has_second ? p->second : "",
                 p->family[0], people_below(3) ? "" : " de", family);
    }

    if (people_chance(people_chances.name_slip)) {
        people_slip(text);
    }

    switch (people_below(4)) {
    case 0:
        people_plain(out, text);
        break;
    case 1:
        people_plain(out, text);
        for (; *out; out++) {
            *out = (char) toupper((unsigned char) *out);
        }
        break;
    default:
        memcpy(out, text, sizeof(text));
    }
}


static void
people_write_phone(char out[32], const char *digits)
{
    char      d[12];
    unsigned  form = people_below(5);

    memcpy(d, digits, sizeof(d));

    if (people_chance(people_chances.phone_slip)) {
        d[4 + people_below(6)] = '0' + people_below(10);
    }

    if (strlen(d) == 11 && people_chance(people_chances.old_form)) {
        memmove(d + 2, d + 3, 9);
    }

    snprintf(out, 32, form == 0 ? "+55%.2s%s" : form == 1 ? "(%.2s) %s"
                      : form == 2 ? "0%.2s %s" : form == 3 ? "%.2s%s"
                      : "55 %.2s %s", d, d + 2);
}


static void
people_write_document(char out[24], const people_person_t *p)
{
    char      d[16];
    uint64_t  cpf = p->cpf;

    if (p->work_document[0] && people_below(2)) {
        memcpy(out, p->work_document, 15);
        return;
    }

    if (people_chance(people_chances.filler_document)) {
        strcpy(out, "123.456.789-09");
        return;
    }

    if (p->parents_cpf && people_chance(people_chances.parents_document)) {
        cpf = p->parents_cpf;
    }

    snprintf(d, sizeof(d), "%011llu", (unsigned long long) cpf);

    if (people_chance(people_chances.document_slip)) {
        d[people_below(11)] = '0' + people_below(10);
    }

    switch (people_below(4)) {
    case 0:
        snprintf(out, 24, "%llu", strtoull(d, NULL, 10));
        break;
    case 1:
        snprintf(out, 24, "%s", d);
        break;
    default:
        snprintf(out, 24, "%.3s.%.3s.%.3s-%.2s", d, d + 3, d + 6, d + 9);
    }
}


static void
people_write_email(char out[80], const char *email)
{
    char  text[64];

    if (people_chance(people_chances.filler_email)) {
        strcpy(out, people_below(2) ? "nao@tem.com" : "email@email.com");
        return;
    }

    memcpy(text, email, sizeof(text));

    if (people_chance(people_chances.email_slip)) {
        people_slip(text);
    }

    if (people_below(5) == 0) {
        for (char *p = text; *p && *p != '@'; p++) {
            *p = (char) toupper((unsigned char) *p);
        }
    }

    snprintf(out, 80, people_below(12) ? "%s" : " %s ", text);
}


/* A row of one of four channels: what it asks for, and what was left empty. */
static void
people_row(people_row_t *row, const people_person_t *people, uint32_t person)
{
    static const unsigned  asks[][4] = {    /* document, phone, email, name */
        { 750, 950, 800, 980 },             /* customers of a CRM */
        { 900, 900, 1000, 1000 },           /* an online shop */
        { 0, 1000, 50, 700 },               /* conversations */
        { 100, 500, 900, 900 },             /* forms on pages and at events */
    };

    int                     newer = people_below(2);
    const unsigned         *ask = asks[people_below(COUNT(asks))];
    const people_person_t  *p = &people[person];

    memset(row, 0, sizeof(*row));
    row->person = person;

    if (people_chance(ask[0])) {
        people_write_document(row->document, p);
    }

    if (people_chance(people_chances.filler_phone)) {
        strcpy(row->phone, people_below(2) ? "(11) 99999-9999"
                                           : "(11) 3003-1234");

    } else if (people_chance(ask[1])) {
        people_write_phone(row->phone,
                           p->work_phone[0] && people_below(3) == 0
                           ? p->work_phone
                           : p->shares_phone && people_below(3) == 0
                           ? p->home_phone : p->phones[newer]);
    }

    if (people_chance(ask[2])) {
        people_write_email(row->email, p->shares_email && people_below(2)
                                       ? p->home_email : p->emails[newer]);
    }

    if (people_chance(ask[3])) {
        people_write_name(row->name, p, newer);
    }
}

#endif
