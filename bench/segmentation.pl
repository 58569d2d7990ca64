#!/usr/bin/perl
#
# bench/segmentation.pl
#
# A whole run of automatic segmentation, from the request to audiences that
# queries see: at 50,000 profiles (asked for: under 5 s) and at a million (under
# 60 s and 1 GB), of 14 fields and six groups, a tenth of the cells empty; a
# million people who are all alike; and a million who have nothing in common.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../t/lib", "$FindBin::Bin/lib";

use Audience::Bench;
use Audience::Test;
use Time::HiRes qw(time);

use constant {
    FILE   => 50_000,
    FIELDS => 14,
    GROUPS => 6,
    VALUES => 5,
};

my $large = size(1_000_000, 100_000);


# --- people ------------------------------------------------------------------

# For each group and field the chance of each value, as a running sum.
sub drawn_groups
{
    my @groups;

    srand 1974;

    for my $group (1 .. GROUPS) {
        push @groups, [ map {
            my @weights = map { (-log(1 - rand())) ** 0.6 } 1 .. VALUES;
            my ($sum, $so_far) = (0, 0);
            $sum += $_ for @weights;
            [ map { $so_far += $_ / $sum } @weights ];
        } 1 .. FIELDS ];
    }
    return \@groups;
}


sub drawn_value
{
    my ($chances) = @_;
    my $r = rand;

    for my $value (0 .. VALUES - 1) {
        return "valor $value" if $r < $chances->[$value];
    }
    return 'valor ' . (VALUES - 1);
}


sub person
{
    my ($kind, $groups) = @_;

    return map { 'igual' } 1 .. FIELDS if $kind eq 'alike';
    return map { 'valor ' . int rand VALUES } 1 .. FIELDS if $kind eq 'noise';

    my $group = $groups->[int rand GROUPS];
    return map { rand() < 0.1 ? '' : drawn_value($group->[$_]) }
           0 .. FIELDS - 1;
}


sub file_of
{
    my ($kind, $first) = @_;

    my $path = folder() . "/segmentation.$kind.$first.csv";
    return $path if -e $path;

    my $groups = drawn_groups();
    srand $first + 1;

    open my $file, '>', "$path.tmp" or die "$path: $!\n";
    print $file join(',', 'phoneNumber', 'name', map { "campo $_" } 1 .. FIELDS),
                "\n";
    printf $file "119%08d,Pessoa %d,%s\n", $_, $_,
           join ',', person($kind, $groups) for $first .. $first + FILE - 1;
    close $file or die "$path: $!\n";
    rename "$path.tmp", $path or die "$path: $!\n";
    return $path;
}


# --- runs --------------------------------------------------------------------

sub seconds_between
{
    my ($job) = @_;
    my @at = map { my ($h, $m, $s) = /T(\d+):(\d+):([\d.]+)/;
                   ($h * 60 + $m) * 60 + $s } @$job{qw(started_at finished_at)};
    return $at[1] < $at[0] ? $at[1] - $at[0] + 86400 : $at[1] - $at[0];
}


# One run: seconds until its audiences are seen, of the job alone, its record.
sub segment
{
    my ($t) = @_;
    my $start = time;
    my $r = $t->post('/v1/segmentations', {});
    die "segmentation: $r->{status} $r->{text}\n" unless $r->{status} == 202;

    my $job = $t->wait_job($r->{json}{job}, seconds => 600);
    die "segmentation: $job->{state} $job->{error}\n"
        unless $job->{state} eq 'done';
    $t->wait_visible;
    my $record = $t->get("/v1/segmentations/$r->{json}{id}")->{json};

    return (time - $start, seconds_between($job), $record);
}


# Processor seconds that the worker has taken so far.
sub worker_cpu
{
    my ($t) = @_;
    my @stat = split ' ', slurp('/proc/' . $t->pid('worker') . '/stat');

    return ($stat[13] + $stat[14]) / 100;
}


sub measured
{
    my ($kind, $people, $rounds) = @_;
    my (%figures, $record);

    for (1 .. $rounds) {
        my $t = Audience::Test->start;

        for (my $first = 0; $first < $people; $first += FILE) {
            $t->import_file('bench.csv', slurp(file_of($kind, $first)));
        }
        wait_idle($t);
        $t->restart_worker;             # its memory from the start
        my $own = watch_memory($t->pid('worker'));
        my $cpu = worker_cpu($t);
        my @times = segment($t);

        push @{ $figures{visible} }, $times[0];
        push @{ $figures{job} }, $times[1];
        push @{ $figures{cpu} }, worker_cpu($t) - $cpu;
        push @{ $figures{own} }, $own->();
        push @{ $figures{peak} }, peak_mib($t->pid('worker'));
        $record = $times[2];
        $t->stop_worker;
        $t->stop_nginx;
    }
    return (\%figures, $record);
}


sub say_found
{
    my ($record) = @_;

    printf "%d classes, %d audiences, %d of %d people in none: %s\n",
        @$record{qw(classes published unassigned profiles)}, $record->{summary};
    printf "  %s: %d (%.1f %%), stability %.2f\n", $_->{name}, $_->{size},
        100 * $_->{share}, $_->{stability} for @{ $record->{audiences} };
}


sub print_run
{
    my ($title, $asked, @run) = @_;
    my ($figures, $record) = @run;

    table("$title: a whole run", 's',
          ['from the request until queries see it', $figures->{visible}],
          ['  of it the job', $figures->{job}],
          ['processor time of the worker, all threads', $figures->{cpu}],
          $asked->{seconds} ? ['asked for', [ $asked->{seconds} ]] : ());
    table('Peak memory of the worker meanwhile', 'MiB',
          ['its own', $figures->{own}],
          ['with pages of mapped files', $figures->{peak}],
          $asked->{mib} ? ['asked for', [ $asked->{mib} ]] : ());
    say_found($record);
}


binmode STDOUT, ':utf8';

print_run('50,000 people', { seconds => 5 },
          measured('groups', FILE, rounds()));
print_run("$large people", { seconds => 60, mib => 1024 },
          measured('groups', $large, 1));
print_run("$large people who are all alike", {},
          measured('alike', $large, 1));
print_run("$large people of noise", { seconds => 60 },
          measured('noise', $large, 1));
