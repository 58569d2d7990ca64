#!/usr/bin/perl
#
# bench/filters.pl [ROWS]
#
# The counts of bench/count.pl in one process, without HTTP: what is left of a
# request is its JSON, its evaluation, and the JSON of the answer.  The figures
# are medians of many calls.  The ratio is what nginx estimates, to choose
# between its loop and a thread, over what it takes; an estimate of 0 stands for
# a count that lists alone tell.  DEARER=1 adds filters that have to read texts or many rows.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/../t/lib", "$FindBin::Bin/lib";

binmode STDOUT, ':utf8';

use Audience::Bench;
use Audience::Filters;
use Audience::Stack;
use JSON::PP ();

my $rows = shift || size(1_050_000, 100_000);
my $seconds = size(0.3, 0.1);
my $json = JSON::PP->new->utf8->canonical;
my $build = Audience::Stack::build();
my $program = folder() . '/filters';
my $requests = folder() . "/requests-$$";

my @filters = (filters(), $ENV{DEARER} ? dearer() : ());


# Parts of near-unique texts, prefixes beside others, a rare value beside one.
sub dearer
{
    my @filters;

    for (['email', 'contains', 'silva7'], ['phoneNumber', 'contains', '9876'],
         ['taxDocument', 'contains', '123'],
         ['address', 'contains', 'brasil 12'],
         ['observação', 'contains', 'desconto gostou'])
    {
        my ($field, $op, $value) = @$_;

        push @filters, { name => "$field $op $value",
            filter => { field => $field, op => $op, value => $value } };
    }

    push @filters, { name => 'starts_with AND starts_with', filter => { all => [
        { field => 'name', op => 'starts_with', value => 'm' },
        { field => 'address', op => 'starts_with', value => 'rua' } ] } };

    push @filters, { name => 'rare AND range', filter => { all => [
        { field => 'city', op => 'equals', value => 'Petrolina' },
        { field => 'idade', op => 'greater_than', value => 30 } ] } };

    return @filters;
}


system('gcc', '-std=gnu11', '-O2', '-D_GNU_SOURCE', '-pthread',
       "-I$FindBin::Bin/../common", '-o', $program,
       "$FindBin::Bin/filters.c", "$build/libcommon.a",
       qw(-ljansson -lcrypto -lutf8proc -lm))
    == 0 or die "cannot compile filters.c\n";

open my $out, '>', $requests or die "$requests: $!";
print {$out} map { $json->encode({ filter => $_->{filter}, limit => 0 }), "\n" }
             @filters;
close $out;

my $folder = loaded($rows) . '/segments/demo';
my (@taken, @estimate, @count);

for (1 .. rounds()) {
    my @lines = qx{$program '$folder' $seconds < $requests};

    die "filters failed\n" if $? || @lines != @filters + 1;

    for my $i (0 .. $#lines) {
        my ($median, $least, $estimate, $count) = split ' ', $lines[$i];

        push @{ $taken[$i] }, $median;
        $estimate[$i] = $estimate;
        $count[$i] = $count;
    }
}

unlink $requests;

table("Counts in one process, $rows contacts", 'microseconds',
      (map { [$filters[$_]{name} . " ($count[$_])", $taken[$_],
              $estimate[$_] / median(@{ $taken[$_] })] } 0 .. $#filters),
      ['all in turn', $taken[-1]]);
