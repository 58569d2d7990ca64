#!/usr/bin/perl
#
# bench/page.pl
#
# The first 50 matching profiles with all their fields against the count alone,
# and values of a field with their counts by a typed prefix: time of one answer
# over one connection that stays open.  Beside them nginx's own `return 200`, of
# nothing and of as many bytes as a page has: what an answer costs that takes no
# thought.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib", "$FindBin::Bin/lib";

use Audience::Bench;
use Audience::Filters;
use Audience::Test;
use JSON::PP ();

my $rows = size(1_050_000, 100_000);
my $json = JSON::PP->new->utf8->canonical;
my %nginx = (BENCH_NGINX);
my $t = Audience::Test->start(root => loaded($rows), worker => 0, %nginx,
    server => $nginx{server} . ceiling(36));
my $load = { seconds => size(2, 1), connections => 1 };


# Microseconds of one answer, and of nginx's processors for it.
sub microseconds
{
    my $cpu = nginx_cpu($t);
    my $rate = wrk($t, $_[0], $load, @_[1 .. $#_]);

    $cpu = (nginx_cpu($t) - $cpu) / $load->{seconds};
    return (1e6 / $rate, 1e6 * $cpu / $rate);
}


# A location that answers so many thousands of bytes from memory.
sub ceiling
{
    my ($thousands) = @_;

    return sprintf " set \$bytes '%s';"
        . " location = /bench/page { return 200 '%s'; }",
        'x' x 1000, '$bytes' x $thousands;
}


# Rows of two tables, of time and of processors: what is asked and what it is
# held against, [name, path, body] each, in turn.
sub rows_of
{
    my ($asked, $beside, $time, $cpu) = @_;

    my (@more, @less);
    for (1 .. rounds()) {
        push @more, [microseconds(@$asked[1, 2])];
        push @less, [microseconds(@$beside[1, 2])];
    }

    for ([$time, 0], [$cpu, 1]) {
        my ($table, $i) = @$_;
        my @ratio = map { $more[$_][$i] / $less[$_][$i] } 0 .. $#more;

        push @$table, [$asked->[0], [map { $_->[$i] } @more], median(@ratio)],
                      ["  $beside->[0]", [map { $_->[$i] } @less]];
    }
}


sub pages
{
    my (@time, @cpu);

    for my $f (filters()) {
        my ($page, $count) = map {
            $json->encode({ filter => $f->{filter}, limit => $_ })
        } 50, 0;

        rows_of([$f->{name}, '/v1/query', $page],
                ['count alone', '/v1/query', $count], \@time, \@cpu);
    }

    my $body = $json->encode({ filter => (filters())[0]{filter} });

    rows_of(['return 200 of 36,000 bytes', '/bench/page', $body],
            ['of none', '/bench/return', $body], \@time, \@cpu);

    return (\@time, \@cpu);
}


sub values_of
{
    my ($field, $q) = @_;

    my $path = '/v1/fields/' . Audience::Client::escape($field)
        . "/values?limit=20&q=" . Audience::Client::escape($q);

    return ["$field: $q", [map { (microseconds($path))[0] } 1 .. rounds()]];
}


my ($time, $cpu) = pages();

table('First 50 profiles with all fields, ' . $t->count . ' profiles',
      'microseconds', @$time);
table("nginx's processors for it", 'microseconds', @$cpu);
table('20 values with counts', 'microseconds',
      map({ values_of('city', $_) } '', 's', 'sao'),
      map({ values_of('name', $_) } '', 'm', 'maria s'),
      map({ values_of('address', $_) } 'r', 'rua das flores 1'),
      map({ values_of('email', $_) } '', 'a', 'ana.silva'),
      values_of('pontos', '1'));
