#!/usr/bin/perl
#
# bench/merge.pl
#
# 200 imports into one base: what a count costs while their segments lie there
# unmerged, after the merges that imports bring about, after those of a base at
# rest, and in a base that came of a single import of the same rows; what merging
# costs the disk, the memory and the imports.
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
             merges => merges($t) };
}


# The same base after a while in which nothing was changed.
sub rested
{
    my ($base) = @_;

    my $t = $base->{t};
    my ($pid) = $t->{pids}{worker};
    my $before = written($pid);
    my $memory = watch_memory($pid);

    $t->wait_for('a base at rest', sub { segments($t) <= 2 }, 600);
    wait_idle($t);
    $t->wait_visible;

    return { %$base, memory => $memory->(), segments => segments($t),
             written => $base->{written} + written($pid) - $before,
             merges => merges($t) };
}


sub merges
{
    my ($t) = @_;
    return scalar @{ $t->get('/v1/jobs?type=merge&limit=1000')->{json}{items} };
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


note('one import of all rows');
my $single = base(start(), 1, $imports * $rows);

note("$imports imports of $rows rows, without merging");
my $unmerged = base(start('segments.merge_at' => 1024,
                          'segments.quiet_seconds' => 86400), $imports, $rows);

# At rest later than the measuring takes.
note("$imports imports of $rows rows, with merging");
my $merged = base(start('segments.quiet_seconds' => size(120, 40)), $imports,
                  $rows);

my @bases = (['one import', $single], ['200, unmerged', $unmerged],
             ['200, merged', $merged]);
my %took;


sub measure
{
    my @of = @_;

    die "bases differ\n" if grep { $_->[1]{t}->count != $single->{t}->count } @of;

    for my $which (qw(cheap all)) {
        for (1 .. rounds()) {
            for my $of (@of) {
                push @{ $took{$which}{$of->[0]} },
                    cost($of->[1]{t}, @{ $bodies{$which} });
            }
        }
    }
}


measure(@bases);
push @bases, ['200, at rest', rested($merged)];
measure($bases[-1], $bases[0]);

for my $which (qw(cheap all)) {
    table("A count, $which, " . $single->{t}->count . ' profiles', 'microseconds',
          map { my ($name, $base) = @$_;
                ["$name: $base->{segments} segments", $took{$which}{$name},
                 median(@{ $took{$which}{$name} })
                 / median(@{ $took{$which}{'one import'} })] } @bases);
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

for (@bases[0 .. 2]) {
    $_->[1]{t}->stop_worker;
    $_->[1]{t}->stop_nginx;
}
