# Runs every unit program of t/unit (cmocka) and reports each of its tests.

use strict;
use warnings;

use Test::More;

my $build = $ENV{BUILD} || 'build';
my @sources = sort glob 't/unit/*.c';

plan tests => scalar @sources;

for my $source (@sources) {
    my ($name) = $source =~ m{([^/]+)\.c$};

    subtest $name => sub { run_unit("$build/t/unit/$name") };
}


sub run_unit
{
    my ($program) = @_;

    my @tests;
    my $output = qx{CMOCKA_MESSAGE_OUTPUT=STDOUT $program 2>&1 </dev/null};
    my $status = $?;

    while ($output =~ /^\[ ( [ ]+OK[ ] | [ ]FAILED[ ] | [ ]ERROR[ ]* )\ \]
                       [ ](\w+)$/mgx)
    {
        push @tests, [ $2, $1 =~ /OK/ ];
    }

    ok($_->[1], $_->[0]) for @tests;
    ok($status == 0 && @tests, "$program ends well")
        or diag($status == 0 ? 'no test ran' : "status $status", "\n$output");
}
