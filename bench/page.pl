#!/usr/bin/perl
#
# bench/page.pl
#
# The first 50 matching profiles with all their fields against the count alone,
# and values of a field with their counts by a typed prefix: time of one answer
# over one connection that stays open.

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
my $t = Audience::Test->start(root => loaded($rows), worker => 0, BENCH_NGINX);
my $load = { seconds => size(2, 1), connections => 1 };


sub microseconds { 1e6 / wrk($t, $_[0], $load, @_[1 .. $#_]) }


sub pages
{
    my @rows;

    for my $f (filters()) {
        my (@page, @count, @ratio);

        for (1 .. rounds()) {
            push @page, microseconds('/v1/query',
                $json->encode({ filter => $f->{filter}, limit => 50 }));
            push @count, microseconds('/v1/query',
                $json->encode({ filter => $f->{filter}, limit => 0 }));
            push @ratio, $page[-1] / $count[-1];
        }
        push @rows, [$f->{name}, \@page, median(@ratio)],
                    ['  count alone', \@count];
    }
    return @rows;
}


sub values_of
{
    my ($field, $q) = @_;

    my $path = '/v1/fields/' . Audience::Client::escape($field)
        . "/values?limit=20&q=" . Audience::Client::escape($q);

    return ["$field: $q", [map { microseconds($path) } 1 .. rounds()]];
}


table('First 50 profiles with all fields, ' . $t->count . ' profiles',
      'microseconds', pages());
table('20 values with counts', 'microseconds',
      map({ values_of('city', $_) } '', 's', 'sao'),
      map({ values_of('name', $_) } '', 'm', 'maria s'),
      map({ values_of('address', $_) } 'r', 'rua das flores 1'),
      map({ values_of('email', $_) } '', 'a', 'ana.silva'),
      values_of('pontos', '1'));
