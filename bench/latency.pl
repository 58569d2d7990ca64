#!/usr/bin/perl
#
# bench/latency.pl
#
# How long a count takes while a base of a million is written to: first with
# nothing else going on, then while files of 50,000 rows are imported one after
# another and segments are merged, then at rest again.
#
# Open loop: a count is due every millisecond whether or not those before it
# have been answered, as from people who do not know of each other, and its time
# begins when it is due; so one long wait is seen in all that came to wait.
# `cheap` are the five filters of equality, range, AND and OR; `all` the 14 in
# turn.  The client has two cores to share with nginx, the worker and whoever
# uploads, so its own waiting for a processor is in the figures.
#
# Closed loop: wrk keeps both cores busy with 32 connections, each of which asks
# again as soon as it is answered; what it says of the tail is mostly the queue
# that it makes, so only the change between the lines means something.
#
#   RATE=1000    counts a second in the open loop

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
my $imports = size(8, 6);
my $rate = $ENV{RATE} || 1000;
my $json = JSON::PP->new->utf8->canonical;
my $root = copy_of(loaded($base));
my $t = Audience::Test->start(root => $root, BENCH_NGINX);
my @filters = filters();
my %bodies = (
    cheap => [map { body($_) } grep { $_->{easy} } @filters],
    all => [map { body($_) } @filters],
);
my $next = $base;


sub body { $json->encode({ filter => $_[0]{filter}, limit => 0 }) }


# --- the open loop -----------------------------------------------------------

# A process that asks until it is told to end, and then prints what each answer
# took, in ms, to a file.
sub client
{
    my ($bodies, $file) = @_;

    my $pid = fork // die "fork: $!";
    return $pid if $pid;

    my $end = 0;
    local $SIG{TERM} = sub { $end = 1 };

    my $took = eval { ask_in_time($bodies, \$end) };
    print STDERR "client: $@" if $@;

    open my $out, '>', $file or POSIX::_exit(1);
    print {$out} map { "$_\n" } @{ $took || [] };
    close $out;
    POSIX::_exit($took ? 0 : 1);
}


sub ask_in_time
{
    my ($bodies, $end) = @_;

    my @calls = map { request($_) } @$bodies;
    my @idle = map { $t->connect } 1 .. 16;
    my ($n, $start, $watched, @took, %due, %answer, @late) = (0, time, '');

    while (!$$end || %due) {
        while (!$$end && $start + $n / $rate <= time) {
            push @late, [$start + $n / $rate, $calls[$n % @calls]];
            $n++;
        }

        while (@late && @idle) {
            my ($socket, $call) = (shift @idle, shift @late);
            my $no = fileno $socket;

            ($due{$no}, $answer{$no}) = ([$call->[0], $socket], '');
            vec($watched, $no, 1) = 1;
            syswrite $socket, $call->[1];
        }

        my $pause = $start + $n / $rate - time;
        my $ready = $watched;
        next unless select($ready, undef, undef, $pause > 0 ? $pause : 0) > 0;

        for my $no (grep { vec $ready, $_, 1 } keys %due) {
            my ($at, $socket) = @{ $due{$no} };

            sysread($socket, $answer{$no}, 65536, length $answer{$no})
                or die "nginx closed the connection\n";
            next unless whole($answer{$no});

            push @took, 1000 * (time - $at);
            vec($watched, $no, 1) = 0;
            delete $due{$no};
            push @idle, $socket;
        }
    }
    return \@took;
}


sub request
{
    my ($body) = @_;
    return "POST /v1/query HTTP/1.1\r\nHost: bench\r\nX-Tenant: demo\r\n"
        . "X-User: demo\@example.com\r\nContent-Type: application/json\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}


sub whole
{
    my ($head, $body) = split /\r\n\r\n/, $_[0], 2;

    return 0 unless defined $body;
    die "not answered: $_[0]\n" unless $head =~ /^HTTP\S+ 200/;
    return $head =~ /^Content-Length: (\d+)/mi && length $body >= $1;
}


sub during
{
    my ($bodies, $code) = @_;

    my $file = folder() . "/latency-$$";
    my $pid = client($bodies, $file);

    $code->();
    kill 'TERM', $pid;
    waitpid $pid, 0;
    die "the client failed\n" if $?;

    my @took = sort { $a <=> $b } split /\n/, slurp($file);
    unlink $file;
    return \@took;
}


sub quantile { my ($sorted, $q) = @_; $sorted->[$q * $#$sorted] }


# --- what goes on ------------------------------------------------------------

sub rest { sleep size(10, 4) }


sub import_some
{
    for (1 .. $imports) {
        load($t, contacts(50_000, $next));
        $next += 50_000;
    }
    wait_idle($t);
}


sub merges
{
    my $jobs = $t->get('/v1/jobs?type=merge&limit=1000')->{json}{items};
    return scalar @$jobs;
}


# Longer than wrk asks.
sub import_while
{
    my ($pid) = @_;

    while (waitpid($pid, POSIX::WNOHANG()) == 0) {
        load($t, contacts(50_000, $next));
        $next += 50_000;
    }
    wait_idle($t);
}


sub wrk_during
{
    my ($busy, @bodies) = @_;

    my $file = folder() . "/wrk-$$";
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        my $text = eval { wrk($t, '/v1/query', { seconds => size(10, 4),
                                                 output => 1 }, @bodies) };
        open my $out, '>', $file or POSIX::_exit(1);
        print {$out} $text // "failed: $@";
        close $out;
        POSIX::_exit(0);
    }

    $busy ? import_while($pid) : waitpid $pid, 0;
    my $text = slurp($file);
    unlink $file;

    my ($per_second) = $text =~ m{Requests/sec:\s+([\d.]+)} or die $text;
    return ($per_second, map { $text =~ /^\s*$_%\s+(\S+)/m ? in_ms($1) : undef }
                         50, 99);
}


sub in_ms
{
    my ($n, $unit) = $_[0] =~ /^([\d.]+)(us|ms|s)$/ or return undef;
    return $n * { us => 0.001, ms => 1, s => 1000 }->{$unit};
}


# An nginx worker opens the base with its first question: not what is measured.
sub warm_up
{
    for my $pid ($t->nginx_workers) {
        my @open;

        $t->wait_for('nginx to open the base', sub {
            push @open, keep_alive($t, '/v1/query');
            $_->($bodies{cheap}[0]) for @open;
            slurp("/proc/$pid/maps") =~ /\.seg$/m;
        });
    }
}


# The files are made before anything is measured.
contacts(50_000, $base + 50_000 * $_) for 0 .. 6 * $imports - 1;
warm_up();

printf "\nA count in an open loop, %d a second, %d profiles (ms)\n"
    . "%-26s %8s %8s %8s %8s %8s %8s\n", $rate, $t->count, '',
    qw(answers median p95 p99 longest merges);

for my $which (qw(cheap all)) {
    for my $how ([', nothing else', \&rest],
                 [', imports and merges', \&import_some],
                 [', nothing else', \&rest])
    {
        my $merges = merges();
        my $took = during($bodies{$which}, $how->[1]);

        printf "%-26s %8d %8s %8s %8s %8s %8d\n", $which . $how->[0],
            scalar @$took,
            (map { figure(quantile($took, $_)) } 0.5, 0.95, 0.99, 1),
            merges() - $merges;
    }
}

printf "\nThe same in a closed loop of 32 (ms)\n%-26s %10s %8s %8s\n", '',
    qw(answers/s median p99);

for my $busy (0, 1) {
    printf "%-26s %10s %8s %8s\n",
        'cheap, ' . ($busy ? 'imports and merges' : 'nothing else'),
        map { figure($_) } wrk_during($busy, @{ $bodies{cheap} });
}

$t->stop_worker;
$t->stop_nginx;
File::Path::remove_tree($root);
