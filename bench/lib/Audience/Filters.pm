# Audience::Filters: 14 filters over every operator, each as ours and as SQL
# that gives the same count on the same contacts.  SQL compares the words as
# they were written, which costs the peers less than folding would.
#
#   filters()   list of { name, easy, filter, sql }; easy: equality, range and
#               their AND and OR

package Audience::Filters;

use strict;
use warnings;
use utf8;

use Exporter 'import';
use POSIX ();

our @EXPORT = qw(filters);

my $team = 'time do coração';
my $origin = 'Origem do Lead';
my $last = 'última compra';


sub cond { my %c = (field => $_[0], op => $_[1]); $c{value} = $_[2] if @_ > 2; \%c }
sub all_of { { all => [@_] } }
sub any_of { { any => [@_] } }


# The first day that begins within the last n times 24 hours.
sub days_ago
{
    return POSIX::strftime('%Y-%m-%d', gmtime(time - 86400 * ($_[0] - 1)));
}


sub filters
{
    my $day = days_ago(800);

    return map { { name => $_->[0], easy => $_->[1], filter => $_->[2],
                   sql => $_->[3] } } (
    ['equals', 1, cond('city', 'equals', 'São Paulo'),
        "city = 'São Paulo'"],
    ['between', 1, cond('idade', 'between', [30, 45]),
        'age BETWEEN 30 AND 45'],
    ['equals AND greater_than', 1,
        all_of(cond('plano', 'equals', 'Ouro'),
               cond('idade', 'greater_than', 40)),
        "plan = 'Ouro' AND age > 40"],
    ['equals OR less_than', 1,
        any_of(cond($team, 'equals', 'Flamengo'),
               cond('ticket médio', 'less_than', 300)),
        "team = 'Flamengo' OR ticket < 300"],
    ['in', 1, cond($origin, 'in', ['Site', 'Loja', 'Evento']),
        "origin IN ('Site', 'Loja', 'Evento')"],
    ['not_equals', 0, cond('Status do Lead', 'not_equals', 'Cliente'),
        "(status <> 'Cliente' OR status IS NULL)"],
    ['exists AND not_exists', 0,
        all_of(cond('tag', 'exists'), cond('observação', 'not_exists')),
        'tag IS NOT NULL AND note IS NULL'],
    ['contains', 0, cond('observação', 'contains', 'desconto'),
        "note LIKE '%desconto%'"],
    ['not_contains', 0, cond('email', 'not_contains', 'silva'),
        "(email NOT LIKE '%silva%' OR email IS NULL)"],
    ['starts_with', 0, cond('address', 'starts_with', 'Avenida Brasil 1'),
        "address LIKE 'Avenida Brasil 1%'"],
    ['not_starts_with', 0, cond('name', 'not_starts_with', 'Maria'),
        "(name NOT LIKE 'Maria%' OR name IS NULL)"],
    ['ends_with', 0, cond('email', 'ends_with', '77@example.com'),
        "email LIKE '%77\@example.com'"],
    ['before, after, within_last', 0,
        any_of(all_of(cond('nascimento', 'after', '1989-12-31'),
                      cond('nascimento', 'before', '1995-01-01')),
               cond($last, 'within_last', 800)),
        "(birth > '1989-12-31' AND birth < '1995-01-01')"
        . " OR last_purchase >= '$day'"],
    ['nested, NOT', 0,
        all_of(any_of(cond('city', 'equals', 'Recife'),
                      cond('city', 'equals', 'Salvador'),
                      cond('Canal da última interação', 'equals', 'WhatsApp')),
               cond('idade', 'between', [25, 60]),
               { not => any_of(cond('Status do Lead', 'equals', 'Ex-cliente'),
                               cond($last, 'not_within_last', 800)) },
               cond('pontos', 'greater_than', 10)),
        "(city = 'Recife' OR city = 'Salvador' OR channel = 'WhatsApp')"
        . ' AND age BETWEEN 25 AND 60'
        . " AND NOT (coalesce(status, '') = 'Ex-cliente'"
        . " OR last_purchase < '$day' OR last_purchase IS NULL)"
        . ' AND points > 10'],
    );
}

1;
