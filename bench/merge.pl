#!/usr/bin/perl
#
# bench/merge.pl
#
# 200 imports into one base: what a count costs while their segments lie there
# unmerged, after merging, and in a base that came of a single import of the
# same rows; what merging costs the disk, the memory and the imports.
#
#   processor     of nginx for one count, in microseconds, with wrk and 32
#                 connections; the ratio is to the single import's
#   import        last byte to visible, median of the 200
#   written       bytes that the worker had written to disk, by the kernel's
#                 account, as a multiple of what it wrote without merging

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib", "$FindBin::Bin/lib";

use Audience::Bench;
use Audience::Filters;
use Audience::Test;
use File::Temp ();
use JSON::PP ();
use Time::HiRes qw(time);

my $imports = 200;
my $rows = size(5000, 250);
my $json = JSON::PP->new->utf8->canonical;
my %bodies = (
    cheap => [map { body($_) } grep { $_->{easy} } filters()],
    all => [map { body($_) } filters()],
);


sub body { $json->encode({ filter => $_[0]{filter}, limit => 0 }) }


sub start
{
    my (%worker) = @_;
    return Audience::Test->start(BENCH_NGINX, worker => \%worker,
        import => 'max_size=1g max_rows=2000000');
}


# Bytes that a process has sent to the disk.
sub written
{
    my ($pid) = @_;
    return slurp("/proc/$pid/io") =~ /^write_bytes: (\d+)/m ? $1 : die;
}


sub segments
{
    my ($t) = @_;
    return unpack 'x32 V', slurp("$t->{root}/segments/demo/MANIFEST");
}


# A base of so many imports: seconds of each, bytes written, most memory.
sub base
{
    my ($t, $files, $n) = @_;

    my @paths = map { contacts($n, $_ * $n) } 0 .. $files - 1;
    my ($pid) = $t->{pids}{worker};
    my $before = written($pid);
    my $memory = watch_memory($pid);
    my @seconds;

    for my $path (@paths) {
        push @seconds, timed(sub { load($t, $path) });
    }
    wait_idle($t);

    return { t => $t, seconds => \@seconds, written => written($pid) - $before,
             memory => $memory->(), segments => segments($t),
             merges => scalar @{ $t->get('/v1/jobs?type=merge&limit=1000')
                                   ->{json}{items} } };
}


# Microseconds of nginx's processor time for one count.
sub cost
{
    my ($t, @bodies) = @_;

    my $seconds = size(3, 1);
    my $before = nginx_cpu($t);
    my $per_second = wrk($t, '/v1/query', { seconds => $seconds }, @bodies);

    return 1e6 * (nginx_cpu($t) - $before) / ($per_second * $seconds);
}


note("$imports imports of $rows rows, without merging");
my $unmerged = base(start('segments.merge_at' => 1024), $imports, $rows);

note("$imports imports of $rows rows, with merging");
my $merged = base(start(), $imports, $rows);

note('one import of all rows');
my $single = base(start(), 1, $imports * $rows);

my @bases = (['one import', $single], ['200, unmerged', $unmerged],
             ['200, merged', $merged]);

die "bases differ\n" if grep { $_->[1]{t}->count != $single->{t}->count } @bases;

for my $which (qw(cheap all)) {
    my %took;

    for (1 .. rounds()) {
        push @{ $took{$_->[0]} }, cost($_->[1]{t}, @{ $bodies{$which} })
            for @bases;
    }

    table("A count, $which, " . $single->{t}->count . ' profiles', 'microseconds',
          map { my $base = $_->[0];
                [sprintf('%s: %d segments', $base, $_->[1]{segments}),
                 $took{$base}, median(@{ $took{$base} })
                               / median(@{ $took{'one import'} })] } @bases);
}

printf "\nThe imports\n%-20s %10s %10s %10s %10s %10s\n", '', 'import, s',
    'merges', 'memory MiB', 'written MB', 'ratio';

for (@bases) {
    my ($name, $base) = @$_;

    printf "%-20s %10s %10d %10s %10s %10s\n", $name,
        figure(median(@{ $base->{seconds} })), $base->{merges},
        figure($base->{memory}), figure($base->{written} / 1e6),
        figure($base->{written} / $unmerged->{written});
}

for (@bases) {
    $_->[1]{t}->stop_worker;
    $_->[1]{t}->stop_nginx;
}
