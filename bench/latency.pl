#!/usr/bin/perl
#
# bench/latency.pl
#
# How long a count takes while a base of a million is written to: two clients
# ask 200 times a second each, first alone, then while files of 50,000 rows are
# imported one after another and segments are merged.  `cheap` are the five
# filters of equality, range, AND and OR; `all` the 14 in turn.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib", "$FindBin::Bin/lib";

use Audience::Bench;
use Audience::Filters;
use Audience::Test;
use File::Path ();
use JSON::PP ();
use POSIX ();
use Time::HiRes qw(time sleep);

my $base = size(1_050_000, 100_000);
my $imports = size(10, 9);
my $json = JSON::PP->new->utf8->canonical;
my $root = copy_of(loaded($base));
my $t = Audience::Test->start(root => $root, BENCH_NGINX);
my @filters = filters();
my %bodies = (
    cheap => [map { body($_) } grep { $_->{easy} } @filters],
    all => [map { body($_) } @filters],
);


sub body { $json->encode({ filter => $_[0]{filter}, limit => 0 }) }


# Asks until told to end; gives milliseconds of each answer by way of a file.
sub client
{
    my ($bodies, $file) = @_;

    my $pid = fork // die "fork: $!";
    return $pid if $pid;

    my ($ask, $end, @took) = (keep_alive($t, '/v1/query'), 0);
    local $SIG{TERM} = sub { $end = 1 };

    for (my $i = $$; !$end; $i++) {
        my $start = time;

        $ask->($bodies->[$i % @$bodies]);
        push @took, 1000 * (time - $start);
        sleep 0.005;
    }

    open my $out, '>', $file or POSIX::_exit(1);
    print {$out} map { "$_\n" } @took;
    close $out;
    POSIX::_exit(0);
}


sub during
{
    my ($bodies, $code) = @_;

    my @files = map { folder() . "/latency-$$-$_" } 1, 2;
    my @pids = map { client($bodies, $_) } @files;

    $code->();
    kill 'TERM', @pids;
    waitpid $_, 0 for @pids;

    my @took = sort { $a <=> $b } map { split /\n/, slurp($_) } @files;
    unlink @files;
    return \@took;
}


sub quantile { my ($sorted, $q) = @_; $sorted->[$q * $#$sorted] }


my $next = $base;

sub import_some
{
    for (1 .. $imports / 2) {
        load($t, contacts(50_000, $next));
        $next += 50_000;
    }
    wait_idle($t);
}


printf "\nA count, %d profiles (ms)\n%-24s %8s %8s %8s %8s %8s\n", $t->count, '',
    qw(answers median p95 p99 longest);

for my $which (qw(cheap all)) {
    for my $how ([', nothing else', sub { sleep size(5, 2) }],
                 [', imports and merges', \&import_some])
    {
        my $took = during($bodies{$which}, $how->[1]);

        printf "%-24s %8d %8s %8s %8s %8s\n", $which . $how->[0],
            scalar @$took,
            map { figure(quantile($took, $_)) } 0.5, 0.95, 0.99, 1;
    }
}

my $merges = grep { $_->{type} eq 'merge' }
             @{ $t->get('/v1/jobs?limit=100')->{json}{items} };
print "merges that ran: $merges\n";

$t->stop_worker;
$t->stop_nginx;
File::Path::remove_tree($root);
